//! The model refuses what a scope must not do: traces of a real run, falsified.

use std::time::Duration;

use crate::{
    interpret,
    program::{ActorId, End, Kind, Op, Place, ScopeId, ScopeSpec, Script},
    reference,
    trace::{Event, Fail, Outcome, Trace},
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

/// Two children wait, one fails after a while.
fn fails_while_others_wait() -> ScopeSpec {
    let waits = |id| Op::Spawn(Place::Here, script(id, vec![Op::Forever], End::Return));
    let fails = Op::Spawn(
        Place::Here,
        script(3, vec![Op::Sleep(Duration::from_millis(2))], End::Fail),
    );
    let body = script(0, vec![waits(1), waits(2), fails, Op::Forever], End::Return);
    let kind = Kind::FailFast;
    ScopeSpec {
        id: ScopeId(0),
        kind,
        timeout: None,
        grace: None,
        limit: None,
        cancel_on: None,
        body,
    }
}

fn trace() -> Trace {
    let (trace, ended) = interpret::run(&fails_while_others_wait(), 0);
    assert!(ended.is_ok());
    trace
}

fn position(trace: &Trace, is_it: impl Fn(&Event) -> bool) -> usize {
    trace
        .iter()
        .position(|(_, event)| is_it(event))
        .expect("the run has such an event")
}

fn drop_of(trace: &Trace, id: u32) -> usize {
    position(trace, |event| matches!(event, Event::IsDropped(actor) if actor.0 == id))
}

/// What the model says of a run that was falsified like this.
fn verdict(falsify: impl FnOnce(&mut Trace)) -> String {
    let mut trace = trace();
    falsify(&mut trace);
    match reference::check(&fails_while_others_wait(), &trace, Ok(())) {
        Ok(()) => "fine".to_owned(),
        Err(divergence) => divergence.what,
    }
}

#[track_caller]
fn refused_as(rule: &str, falsify: impl FnOnce(&mut Trace)) {
    let verdict = verdict(falsify);
    assert!(verdict.contains(rule), "{verdict}");
}

#[test]
fn the_model_accepts_the_run_itself() {
    assert_eq!(verdict(|_| {}), "fine");
}

#[test]
fn the_model_refuses_a_child_that_is_never_dropped() {
    refused_as("has not been dropped", |trace| {
        let at = drop_of(trace, 1);
        trace.drain(at..at + 2);
    });
}

#[test]
fn the_model_refuses_a_child_that_is_dropped_twice() {
    refused_as("it has been dropped already", |trace| {
        let at = drop_of(trace, 1);
        let again = [trace[at].clone(), trace[at + 1].clone()];
        trace.splice(at + 2..at + 2, again);
    });
}

#[test]
fn the_model_refuses_children_dropped_oldest_first() {
    refused_as("a2 comes first", |trace| {
        let (newer, older) = (drop_of(trace, 2), drop_of(trace, 1));
        trace.swap(newer, older);
        trace.swap(newer + 1, older + 1);
    });
}

#[test]
fn the_model_refuses_a_body_dropped_after_its_children() {
    refused_as("a0 comes first", |trace| {
        let (body, child) = (drop_of(trace, 0), drop_of(trace, 2));
        trace.swap(body, child);
        trace.swap(body + 1, child + 1);
    });
}

#[test]
fn the_model_refuses_a_poll_after_the_cancellation() {
    refused_as("it was cancelled", |trace| {
        let at = drop_of(trace, 0);
        let (now, id) = (trace[at].0, ActorId(1));
        let poll = [Event::Woken(id), Event::Polled(id), Event::Pends(id)].map(|event| (now, event));
        trace.splice(at..at, poll);
    });
}

#[test]
fn the_model_refuses_a_poll_without_a_wake() {
    refused_as("nothing woke it", |trace| {
        let at = position(trace, |event| matches!(event, Event::Polled(actor) if actor.0 == 3));
        let (now, id) = (trace[at].0, ActorId(1));
        trace.splice(at..at, [Event::Polled(id), Event::Pends(id)].map(|event| (now, event)));
    });
}

#[test]
fn the_model_refuses_a_wake_up_that_is_lost_for_a_while() {
    refused_as("was woken and not polled", |trace| {
        let at = position(trace, |event| matches!(event, Event::Woken(_)));
        for (later, _) in &mut trace[at + 1..] {
            *later += Duration::from_millis(1);
        }
    });
}

#[test]
fn the_model_refuses_a_cancellation_without_a_reason() {
    refused_as("there is no reason to drop it", |trace| {
        let at = drop_of(trace, 3);
        trace.drain(at - 1..at + 2);
    });
}

#[test]
fn the_model_refuses_siblings_that_outlive_a_failure() {
    refused_as("a0 was cancelled for Some([Failed]) and not dropped", |trace| {
        let at = drop_of(trace, 0);
        for (later, _) in &mut trace[at..] {
            *later += Duration::from_millis(1);
        }
    });
}

#[test]
fn the_model_refuses_an_outcome_without_the_failure() {
    for wrong in [
        Outcome::Value(ActorId(0)),
        Outcome::Error {
            reason: purview_core::CancelReason::Failed,
            failures: Vec::new(),
        },
        Outcome::Error {
            reason: purview_core::CancelReason::Parent,
            failures: vec![Fail::Failed(ActorId(3))],
        },
        Outcome::Error {
            reason: purview_core::CancelReason::Failed,
            failures: vec![Fail::Failed(ActorId(1))],
        },
    ] {
        refused_as("it must be one of", |trace| {
            let at = position(trace, |event| matches!(event, Event::ScopeEnds(..)));
            trace[at].1 = Event::ScopeEnds(ScopeId(0), wrong);
        });
    }
}
