//! The model refuses what gathers, permits and starts must not do: traces of a real run, falsified.

use std::time::Duration;

use crate::{
    interpret,
    program::{ActorId, End, Group, GroupId, GroupKind, Kind, Manner, Mode, Op, ScopeId, ScopeSpec, Script},
    reference,
    trace::{Begun, Event, Seen, Trace},
};

fn script(id: u32, ops: Vec<Op>, end: End) -> Script {
    Script {
        id: ActorId(id),
        ops,
        end,
        bomb: false,
        heir: None,
    }
}

/// Gathers two, opens a scope, starts a child, and spawns on the only permit.
fn program() -> ScopeSpec {
    let millisecond = Duration::from_millis(1);
    let group = |id, kind, first| {
        let fails = script(first + 1, vec![Op::Sleep(millisecond)], End::Fail);
        Op::Group(Group {
            id: GroupId(id),
            kind,
            limit: None,
            timeout: None,
            members: vec![script(first, vec![Op::Yield], End::Return), fails],
        })
    };
    let body = vec![
        group(0, GroupKind::Gather(Mode::Settled), 1),
        group(1, GroupKind::Open(Kind::Settled, Manner::Shutdown(5 * millisecond)), 3),
        Op::Start(script(5, vec![Op::SetReady], End::Return)),
        Op::Permit(Vec::new(), script(6, vec![Op::Sleep(millisecond)], End::Return)),
        Op::Permit(Vec::new(), script(7, Vec::new(), End::Return)),
    ];
    ScopeSpec {
        id: ScopeId(0),
        kind: Kind::FailFast,
        timeout: None,
        grace: None,
        limit: Some(1),
        cancel_on: None,
        body: script(0, body, End::Return),
    }
}

fn verdict(falsify: impl FnOnce(&mut Trace)) -> String {
    let (mut trace, ended) = interpret::run(&program(), 0);
    assert!(ended.is_ok());
    falsify(&mut trace);
    reference::check(&program(), &trace, Ok(())).map_or_else(|divergence| divergence.what, |()| "fine".to_owned())
}

#[track_caller]
fn refused_as(rule: &str, falsify: impl FnMut(&mut Event)) {
    let mut falsify = falsify;
    let verdict = verdict(|trace| trace.iter_mut().for_each(|(_, event)| falsify(event)));
    assert!(verdict.contains(rule), "{verdict}");
}

#[test]
fn the_model_accepts_the_run_itself() {
    assert_eq!(verdict(|_| {}), "fine");
}

#[test]
fn the_model_refuses_a_result_that_is_told_otherwise_or_twice_or_not_at_all() {
    refused_as("is told of as", |event| {
        if let Event::GroupEnds(GroupId(0), told) = event {
            told.results[1].1 = Seen::Value(ActorId(2));
        }
    });
    refused_as("is told of as", |event| {
        if let Event::GroupEnds(GroupId(0), told) = event {
            told.results[1] = told.results[0].clone();
        }
    });
    refused_as("that is not all there is to tell", |event| {
        if let Event::GroupEnds(GroupId(0), told) = event {
            told.results.pop();
        }
    });
}

#[test]
fn the_model_refuses_an_open_scope_that_loses_a_failure_or_a_child_that_was_shut_down() {
    refused_as("that is not all there is to tell", |event| {
        if let Event::GroupEnds(GroupId(1), told) = event {
            told.error = None;
        }
    });
    refused_as("the shutdown let", |event| {
        if let Event::GroupEnds(GroupId(1), told) = event {
            told.report = Some((0, 0));
        }
    });
}

#[test]
fn the_model_refuses_a_member_that_is_never_dropped() {
    let verdict = verdict(|trace| {
        let of = |event: &Event| matches!(event, Event::IsDropped(ActorId(1)) | Event::WasDropped(ActorId(1), _));
        trace.retain(|(_, event)| !of(event));
    });
    assert!(verdict.contains("was not dropped"), "{verdict}");
}

#[test]
fn the_model_refuses_a_start_that_says_something_else_than_the_child() {
    refused_as("the fate of a5", |event| {
        if let Event::Started(_, begun) = event {
            *begun = Begun::NeverReady;
        }
    });
}

#[test]
fn the_model_refuses_a_permit_while_the_only_place_is_taken() {
    let verdict = verdict(|trace| {
        let last = |is: &dyn Fn(&Event) -> bool| trace.iter().rposition(|(_, event)| is(event)).expect("it is there");
        let waits = last(&|event| matches!(event, Event::Waits(ActorId(0), crate::trace::Wait::Permit)));
        let at = trace[waits].0;
        trace.insert(waits + 1, (at, Event::GoesOn(ActorId(0))));
    });
    assert!(verdict.contains("what it waited for has not come"), "{verdict}");
}
