//! What is waited for: waits for tokens, closures that run; and what a scope says that something else stopped.

use purview_core::CancelReason;

use super::{Story, a, begins, ends, is_dropped, ms, s, scope, script, spawns};
use crate::{
    program::{End, Kind, Op, Place, ScopeSpec},
    trace::{Event, Fail, How, Outcome, Wait},
};

fn error(reason: CancelReason, failures: Vec<Fail>) -> Outcome {
    Outcome::Error { reason, failures }
}

/// A child awaits a scope whose body does this, and another child fails after a millisecond.
fn fails_beside(ops: Vec<Op>) -> ScopeSpec {
    let nests = Op::Nest(scope(1, Kind::Join, script(2, ops, End::Return)));
    let child = |script| Op::Spawn(Place::Here, script);
    let body = vec![
        child(script(1, vec![nests], End::Return)),
        child(script(3, vec![Op::Sleep(ms(1))], End::Fail)),
    ];
    scope(0, Kind::FailFast, script(0, body, End::Return))
}

/// Until the second child has failed; `inside` is what happens in the nested scope at first.
fn until_the_failure(inside: Vec<Event>, elsewhere: Vec<Event>) -> Story {
    let starts = Story::default().at(
        0,
        [
            begins(0, 0).to_vec(),
            vec![spawns(1, 0, Place::Here), spawns(3, 0, Place::Here)],
            ends(0, How::Returned).to_vec(),
            vec![Event::Polled(a(1)), Event::Waits(a(1), Wait::Scope(s(1)))],
            begins(1, 2).to_vec(),
            inside,
            vec![Event::Pends(a(1)), Event::Polled(a(3))],
            vec![Event::Waits(a(3), Wait::Until(ms(1))), Event::Pends(a(3))],
            elsewhere,
        ],
    );
    starts.at(
        1,
        [
            vec![
                Event::Woken(a(3)),
                Event::Drives(s(0)),
                Event::Polled(a(3)),
                Event::GoesOn(a(3)),
            ],
            ends(3, How::Failed).to_vec(),
        ],
    )
}

/// The child that awaits the nested scope, and the whole, end.
fn rest() -> [Vec<Event>; 3] {
    [
        vec![Event::ScopeEnds(s(1), Outcome::Value(a(2))), Event::GoesOn(a(1))],
        ends(1, How::Returned).to_vec(),
        vec![failure()],
    ]
}

fn failure() -> Event {
    Event::ScopeEnds(s(0), error(CancelReason::Failed, vec![Fail::Failed(a(3))]))
}

#[test]
fn a_wait_for_the_token_of_a_scope_further_out_is_told() {
    let program = fails_beside(vec![Op::UntilTokenOf {
        outwards: 1,
        child: false,
    }]);
    let waits = vec![Event::Waits(a(2), Wait::Token(s(0))), Event::Pends(a(2))];
    let failed = until_the_failure(waits, Vec::new());
    let polled = vec![
        Event::Woken(a(2)),
        Event::Woken(a(1)),
        Event::Polled(a(1)),
        Event::Drives(s(1)),
    ];
    let told = [
        polled.clone(),
        vec![
            Event::Polled(a(2)),
            Event::GoesOn(a(2)),
            Event::Hears(a(2), CancelReason::Failed),
        ],
        ends(2, How::Returned).to_vec(),
    ];
    failed.clone().at(1, told).at(1, rest()).is_fine(&program);
    failed
        .clone()
        .at(1, [vec![Event::IsDropped(a(1))]])
        .is_refused_as("there is no reason to drop it: Child(Here)", &program);
    failed
        .at(1, [polled, vec![Event::IsDropped(a(2))]])
        .is_refused_as("there is no reason to drop it: Body", &program);
}

#[test]
fn a_wait_for_the_token_of_a_scope_further_out_does_not_keep_one_inside_it() {
    let waits = Op::UntilTokenOf {
        outwards: 1,
        child: true,
    };
    let fails = Op::Spawn(Place::Here, script(2, Vec::new(), End::Fail));
    let inner = scope(1, Kind::FailFast, script(1, vec![fails, waits], End::Return));
    let program = scope(0, Kind::FailFast, script(0, vec![Op::Nest(inner)], End::Return));
    let failed = Story::default().at(
        0,
        [
            begins(0, 0).to_vec(),
            vec![Event::Waits(a(0), Wait::Scope(s(1)))],
            begins(1, 1).to_vec(),
            vec![
                spawns(2, 1, Place::Here),
                Event::Waits(a(1), Wait::Token(s(0))),
                Event::Pends(a(1)),
            ],
            vec![Event::Polled(a(2))],
            ends(2, How::Failed).to_vec(),
        ],
    );
    let resolves = [
        is_dropped(1).to_vec(),
        vec![Event::ScopeEnds(
            s(1),
            error(CancelReason::Failed, vec![Fail::Failed(a(2))]),
        )],
        vec![Event::GoesOn(a(0))],
        ends(0, How::Returned).to_vec(),
        vec![Event::ScopeEnds(s(0), Outcome::Value(a(0)))],
    ];
    failed.clone().at(0, resolves).is_fine(&program);
    failed
        .at(0, [vec![Event::Pends(a(0))]])
        .at(1, [vec![Event::Drives(s(0))]])
        .is_refused_as("a1 was cancelled for Some([Failed]) and not dropped", &program);
}

#[test]
fn a_closure_that_runs_is_waited_for_however_deep() {
    let program = fails_beside(vec![Op::Spawn(
        Place::Blocking,
        script(4, vec![Op::Block(ms(5))], End::Return),
    )]);
    let spawned = [vec![spawns(4, 1, Place::Blocking)], ends(2, How::Returned).to_vec()].concat();
    let runs = vec![Event::Polled(a(4)), Event::Blocks(a(4), ms(5))];
    let failed = until_the_failure(spawned, runs);
    // Then the child that awaits the scope holds no more.
    let ended = [
        vec![Event::GoesOnRunning(a(4))],
        ends(4, How::Returned).to_vec(),
        vec![Event::Drives(s(0))],
        is_dropped(1).to_vec(),
        vec![failure()],
    ];
    failed.clone().at(5, ended.clone()).is_fine(&program);
    failed
        .clone()
        .at(4, ended)
        .is_refused_as("it blocks until Some(5ms)", &program);
    failed
        .at(1, [vec![Event::IsDropped(a(1))]])
        .is_refused_as("there is no reason to drop it: Child(Here)", &program);
}

#[test]
fn a_closure_is_waited_for_when_the_grace_is_over_and_all_else_dropped() {
    let program = ScopeSpec {
        grace: Some(ms(1)),
        ..fails_beside(vec![Op::Spawn(
            Place::Blocking,
            script(4, vec![Op::Block(ms(5))], End::Return),
        )])
    };
    let spawned = [vec![spawns(4, 1, Place::Blocking)], ends(2, How::Returned).to_vec()].concat();
    let runs = vec![Event::Polled(a(4)), Event::Blocks(a(4), ms(5))];
    let cut = until_the_failure(spawned, runs).at(2, [vec![Event::Drives(s(0))], is_dropped(1).to_vec()]);
    let ended = [
        vec![Event::GoesOnRunning(a(4))],
        ends(4, How::Returned).to_vec(),
        vec![Event::Drives(s(0))],
        vec![failure()],
    ];
    cut.clone().at(5, ended).is_fine(&program);
    cut.at(2, [vec![failure()]])
        .is_refused_as("a closure in it runs", &program);
}

/// The body has returned when a child has the scope cancelled.
fn is_stopped_by(op: Op, event: Event, outcome: Outcome) -> String {
    let child = script(1, vec![op, Op::Forever], End::Return);
    let program = ScopeSpec {
        cancel_on: Some(0),
        ..scope(
            0,
            Kind::FailFast,
            script(0, vec![Op::Spawn(Place::Here, child)], End::Return),
        )
    };
    let story = Story::default().at(
        0,
        [
            begins(0, 0).to_vec(),
            vec![spawns(1, 0, Place::Here)],
            ends(0, How::Returned).to_vec(),
            vec![
                Event::Polled(a(1)),
                event,
                Event::Waits(a(1), Wait::Forever),
                Event::Pends(a(1)),
            ],
            is_dropped(1).to_vec(),
            vec![Event::ScopeEnds(s(0), outcome)],
        ],
    );
    story.verdict(&program)
}

#[test]
fn ok_does_not_hide_work_that_something_else_stopped() {
    let stopped = || error(CancelReason::Requested(None), Vec::new());
    let value = || Outcome::Value(a(0));
    let by_others = |outcome| is_stopped_by(Op::CancelToken(0), Event::CancelsToken(0), outcome);
    assert_eq!(by_others(stopped()), "fine");
    assert!(by_others(value()).contains("it must be one of"));
    let by_itself = |outcome| is_stopped_by(Op::CancelScope, Event::CancelsScope(s(0)), outcome);
    assert_eq!(by_itself(value()), "fine");
    assert!(by_itself(stopped()).contains("it must be one of"));
}
