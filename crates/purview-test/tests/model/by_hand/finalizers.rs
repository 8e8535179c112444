//! Finalizers when a grace is over: they have one further grace, those of all scopes inside too.

use purview_core::CancelReason;

use super::{Story, a, begins, ends, is_dropped, ms, s, scope, script, spawns};
use crate::{
    program::{End, Kind, Op, Place, ScopeSpec},
    trace::{Event, How, Outcome, Wait},
};

fn is_late() -> Event {
    Event::ScopeEnds(
        s(0),
        Outcome::Error {
            reason: CancelReason::DeadlineExceeded,
            failures: Vec::new(),
        },
    )
}

fn defers(finalizer: u32, scope: u32) -> Event {
    Event::Defers {
        finalizer: a(finalizer),
        scope: s(scope),
    }
}

/// The body holds for ever, and a finalizer takes three milliseconds.
fn is_cut() -> (ScopeSpec, Story) {
    let flush = script(1, vec![Op::Sleep(ms(3))], End::Return);
    let body = script(0, vec![Op::Defer(flush), Op::Shield(vec![Op::Forever])], End::Return);
    let program = ScopeSpec {
        timeout: Some(ms(1)),
        grace: Some(ms(2)),
        ..scope(0, Kind::FailFast, body)
    };
    let story = Story::default().at(
        0,
        [
            begins(0, 0).to_vec(),
            vec![
                defers(1, 0),
                Event::EntersShield(a(0)),
                Event::Waits(a(0), Wait::Forever),
                Event::Pends(a(0)),
            ],
        ],
    );
    let story = story.at(1, [vec![Event::Drives(s(0))]]);
    (
        program,
        story.at(3, [vec![Event::Drives(s(0))], is_dropped(0).to_vec()]),
    )
}

#[test]
fn a_finalizer_has_one_further_grace() {
    let (program, cut) = is_cut();
    let runs = vec![
        Event::Polled(a(1)),
        Event::Waits(a(1), Wait::Until(ms(6))),
        Event::Pends(a(1)),
    ];
    let dropped = |at| {
        let cut = cut.clone().at(3, [runs.clone()]);
        cut.at(at, [vec![Event::Drives(s(0))], is_dropped(1).to_vec(), vec![is_late()]])
    };
    dropped(5).is_fine(&program);
    dropped(4).is_refused_as("there is no reason to drop it: Finalizer", &program);
    dropped(6).is_refused_as("and not dropped", &program);
    cut.at(3, [is_dropped(1).to_vec()])
        .is_refused_as("there is no reason to drop it: Finalizer", &program);
}
/// A child awaits a scope that has a finalizer, as the scope around has; the nested body holds for ever.
fn is_cut_two_deep() -> (ScopeSpec, Story) {
    let flush = |id| Op::Defer(script(id, vec![Op::Sleep(ms(1))], End::Return));
    let inner = script(2, vec![flush(3), Op::Shield(vec![Op::Forever])], End::Return);
    let child = script(1, vec![Op::Nest(scope(1, Kind::FailFast, inner))], End::Return);
    let body = script(0, vec![flush(4), Op::Spawn(Place::Here, child)], End::Return);
    let program = ScopeSpec {
        timeout: Some(ms(1)),
        grace: Some(ms(2)),
        ..scope(0, Kind::FailFast, body)
    };
    let story = Story::default().at(
        0,
        [
            begins(0, 0).to_vec(),
            vec![defers(4, 0), spawns(1, 0, Place::Here)],
            ends(0, How::Returned).to_vec(),
            vec![Event::Polled(a(1)), Event::Waits(a(1), Wait::Scope(s(1)))],
            begins(1, 2).to_vec(),
            vec![
                defers(3, 1),
                Event::EntersShield(a(2)),
                Event::Waits(a(2), Wait::Forever),
            ],
            vec![Event::Pends(a(2)), Event::Pends(a(1))],
        ],
    );
    (program, story.at(1, [vec![Event::Drives(s(0))]]))
}

fn sleeps(finalizer: u32, until: u64) -> Vec<Event> {
    let finalizer = a(finalizer);
    let wait = Wait::Until(ms(until));
    vec![
        Event::Polled(finalizer),
        Event::Waits(finalizer, wait),
        Event::Pends(finalizer),
    ]
}

fn flushed(finalizer: u32) -> Vec<Event> {
    let polled = vec![Event::Polled(a(finalizer)), Event::GoesOn(a(finalizer))];
    [polled, ends(finalizer, How::Returned).to_vec()].concat()
}

#[test]
fn a_grace_that_ends_drops_what_holds_however_deep_and_lets_the_finalizers_run_innermost_first() {
    let (program, cut) = is_cut_two_deep();
    let polls = || vec![Event::Drives(s(0)), Event::Polled(a(1)), Event::Drives(s(1))];
    let wakes = |actors: &[u32]| actors.iter().map(|id| Event::Woken(a(*id))).collect::<Vec<_>>();
    let inner_runs = [polls(), is_dropped(2).to_vec(), sleeps(3, 4), vec![Event::Pends(a(1))]];
    let parent = Outcome::Error {
        reason: CancelReason::Parent,
        failures: Vec::new(),
    };
    let inner_ends = [
        wakes(&[3, 1]),
        polls(),
        flushed(3),
        vec![Event::ScopeEnds(s(1), parent), Event::GoesOn(a(1))],
        ends(1, How::Returned).to_vec(),
        sleeps(4, 5),
    ];
    let begun = cut.clone().at(3, inner_runs).at(4, inner_ends);
    let outer_ends = [
        vec![Event::Woken(a(4)), Event::Drives(s(0))],
        flushed(4),
        vec![is_late()],
    ];
    begun.clone().at(5, outer_ends).is_fine(&program);
    let outer_is_cut = [vec![Event::Drives(s(0))], is_dropped(4).to_vec(), vec![is_late()]];
    begun.at(5, outer_is_cut).is_fine(&program);
    cut.clone()
        .at(3, [vec![Event::Drives(s(0)), Event::IsDropped(a(1))]])
        .is_refused_as("there is no reason to drop it: Child(Here)", &program);
    cut.at(3, [vec![Event::Drives(s(0))], sleeps(4, 4)])
        .is_refused_as("a1 is still there", &program);
}
