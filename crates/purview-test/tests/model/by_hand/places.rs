//! Futures that are polled in one place after another, and timeouts.

use purview_core::CancelReason;

use super::{Story, a, begins, ends, is_dropped, ms, s, scope, script};
use crate::{
    program::{End, Kind, Last, Moves, Op, Polls, ScopeSpec, Source},
    trace::{Event, How, Outcome, Wait},
};

fn moved_by(body: Vec<Op>, polls_so: Polls) -> ScopeSpec {
    let inner = scope(1, Kind::Join, script(1, body, End::Return));
    let moves = Op::Moves(Moves {
        from: Source::Begins(inner),
        polls: vec![polls_so],
        last: Last::Await,
    });
    scope(0, Kind::FailFast, script(0, vec![moves], End::Return))
}

fn enters(until: u64, owned: bool) -> Event {
    Event::EntersTimeout {
        actor: a(0),
        until: ms(until),
        owned,
    }
}

#[test]
fn the_ordinary_end_of_a_timeout_touches_nothing_that_began_in_it() {
    let program = moved_by(vec![Op::Yield], Polls::InTimeout(1));
    let begun = Story::default().at(
        0,
        [
            begins(0, 0).to_vec(),
            vec![enters(1_000_000, true), Event::Waits(a(0), Wait::PollsLent(s(1)))],
            begins(1, 1).to_vec(),
            vec![Event::Waits(a(1), Wait::Yield), Event::Woken(a(1)), Event::Pends(a(1))],
            vec![
                Event::GoesOn(a(0)),
                Event::InsideEnds(a(0)),
                Event::LeavesTimeout(a(0), false),
            ],
            vec![Event::Waits(a(0), Wait::Scope(s(1))), Event::Drives(s(1))],
        ],
    );
    let rest = [
        vec![Event::Polled(a(1)), Event::GoesOn(a(1))],
        ends(1, How::Returned).to_vec(),
        vec![Event::ScopeEnds(s(1), Outcome::Value(a(1))), Event::GoesOn(a(0))],
        ends(0, How::Returned).to_vec(),
        vec![Event::ScopeEnds(s(0), Outcome::Value(a(0)))],
    ];
    begun.clone().at(0, rest).is_fine(&program);
    begun
        .at(0, [is_dropped(1).to_vec()])
        .is_refused_as("there is no reason to drop it", &program);
}

#[test]
fn a_timeout_over_a_reference_only_stops_polling() {
    let program = moved_by(vec![Op::Sleep(ms(3))], Polls::ByReference(ms(2)));
    let begun = Story::default().at(
        0,
        [
            begins(0, 0).to_vec(),
            vec![enters(2, false), Event::Waits(a(0), Wait::Expiry(s(1)))],
            begins(1, 1).to_vec(),
            vec![
                Event::Waits(a(1), Wait::Until(ms(3))),
                Event::Pends(a(1)),
                Event::Pends(a(0)),
            ],
        ],
    );
    let polled = |at, then: Vec<Event>| {
        let woken = vec![Event::Woken(a(0)), Event::Drives(s(0)), Event::Polled(a(0))];
        begun.clone().at(at, [woken, then])
    };
    let expired = vec![Event::GoesOn(a(0)), Event::LeavesTimeout(a(0), true)];
    let awaits = vec![
        Event::Waits(a(0), Wait::Scope(s(1))),
        Event::Drives(s(1)),
        Event::Pends(a(0)),
    ];
    let ended = [
        vec![
            Event::Woken(a(1)),
            Event::Woken(a(0)),
            Event::Drives(s(0)),
            Event::Polled(a(0)),
        ],
        vec![Event::Drives(s(1)), Event::Polled(a(1)), Event::GoesOn(a(1))],
        ends(1, How::Returned).to_vec(),
        vec![Event::ScopeEnds(s(1), Outcome::Value(a(1))), Event::GoesOn(a(0))],
        ends(0, How::Returned).to_vec(),
        vec![Event::ScopeEnds(s(0), Outcome::Value(a(0)))],
    ];
    polled(2, [expired.clone(), awaits].concat())
        .at(3, ended)
        .is_fine(&program);
    let cancels = [vec![Event::Drives(s(1))], is_dropped(1).to_vec()].concat();
    polled(2, cancels).is_refused_as("there is no reason to drop it", &program);
    polled(1, expired).is_refused_as("it ends at 2ms", &program);
    polled(2, vec![Event::Drives(s(1)), Event::Pends(a(0))])
        .at(3, [vec![Event::Woken(a(1))]])
        .is_refused_as("is inside a timeout that has expired", &program);
}

#[test]
fn a_value_that_comes_while_holders_are_waited_for_is_one() {
    let shielded = Op::Shield(vec![Op::Sleep(ms(2))]);
    let program = scope(
        0,
        Kind::FailFast,
        script(0, vec![Op::Timeout(ms(1), vec![shielded])], End::Return),
    );
    let begun = Story::default().at(
        0,
        [
            begins(0, 0).to_vec(),
            vec![enters(1, true), Event::EntersShield(a(0))],
            vec![Event::Waits(a(0), Wait::Until(ms(2))), Event::Pends(a(0))],
        ],
    );
    let woken = || vec![Event::Woken(a(0)), Event::Drives(s(0)), Event::Polled(a(0))];
    let kept = begun.clone().at(1, [woken(), vec![Event::Pends(a(0))]]).at(
        2,
        [
            woken(),
            vec![Event::GoesOn(a(0)), Event::LeavesShield(a(0)), Event::InsideEnds(a(0))],
        ],
    );
    let rest = [
        ends(0, How::Returned).to_vec(),
        vec![Event::ScopeEnds(s(0), Outcome::Value(a(0)))],
    ];
    kept.clone()
        .at(2, [vec![Event::LeavesTimeout(a(0), false)]])
        .at(2, rest)
        .is_fine(&program);
    kept.at(2, [vec![Event::LeavesTimeout(a(0), true)]])
        .is_refused_as("what was inside was dropped: false", &program);
    begun
        .at(1, [woken(), vec![Event::InsideIsDropped(a(0), 0)]])
        .is_refused_as("it holds", &program);
}

#[test]
fn a_timeout_sees_to_it_that_what_does_not_hold_is_dropped_when_it_expires_and_not_before() {
    let program = scope(
        0,
        Kind::FailFast,
        script(0, vec![Op::Timeout(ms(1), vec![Op::Forever])], End::Return),
    );
    let begun = Story::default().at(
        0,
        [
            begins(0, 0).to_vec(),
            vec![enters(1, true), Event::Waits(a(0), Wait::Forever), Event::Pends(a(0))],
        ],
    );
    let expires = [
        vec![Event::Woken(a(0)), Event::Drives(s(0)), Event::Polled(a(0))],
        vec![Event::InsideIsDropped(a(0), 0), Event::InsideWasDropped(a(0), 0, None)],
        vec![Event::LeavesTimeout(a(0), true)],
        ends(0, How::Returned).to_vec(),
        vec![Event::ScopeEnds(s(0), Outcome::Value(a(0)))],
    ];
    begun.clone().at(1, expires.clone()).is_fine(&program);
    begun
        .clone()
        .at(0, expires.clone())
        .is_refused_as("it has not expired", &program);
    begun
        .at(2, expires)
        .is_refused_as("is inside a timeout that has expired", &program);
}

#[test]
fn an_actor_sees_the_earliest_deadline_around_it() {
    let ask = |spec: ScopeSpec, seen| {
        let story = Story::default().at(
            0,
            [
                begins(0, 0).to_vec(),
                vec![
                    enters(2, true),
                    Event::SeesDeadline(a(0), seen),
                    Event::InsideEnds(a(0)),
                ],
                vec![Event::LeavesTimeout(a(0), false)],
                ends(0, How::Returned).to_vec(),
                vec![Event::ScopeEnds(s(0), Outcome::Value(a(0)))],
            ],
        );
        (story, spec)
    };
    let timeout = |timeout| {
        let ask = vec![Op::Timeout(ms(2), vec![Op::AskDeadline])];
        ScopeSpec {
            timeout,
            ..scope(0, Kind::FailFast, script(0, ask, End::Return))
        }
    };
    for (spec, right) in [(timeout(None), 2), (timeout(Some(ms(1))), 1), (timeout(Some(ms(3))), 2)] {
        let (story, program) = ask(spec.clone(), Some(ms(right)));
        story.is_fine(&program);
        let (story, program) = ask(spec, Some(ms(4)));
        story.is_refused_as(&format!("it is Some({right}ms)"), &program);
    }
}

#[test]
fn a_future_that_is_polled_inside_something_cancelled_is_cancelled() {
    let program = moved_by(vec![Op::Forever], Polls::InShield(1));
    let program = ScopeSpec {
        timeout: Some(ms(1)),
        ..program
    };
    let mut program = program;
    program.body.ops.insert(0, Op::UntilCancelled);
    let late = CancelReason::DeadlineExceeded;
    let begun = Story::default()
        .at(
            0,
            [
                begins(0, 0).to_vec(),
                vec![Event::Waits(a(0), Wait::Cancelled), Event::Pends(a(0))],
            ],
        )
        .at(
            1,
            [
                vec![
                    Event::Drives(s(0)),
                    Event::Woken(a(0)),
                    Event::Polled(a(0)),
                    Event::GoesOn(a(0)),
                ],
                vec![Event::Hears(a(0), late.clone()), Event::EntersShield(a(0))],
                vec![Event::Waits(a(0), Wait::PollsLent(s(1)))],
                begins(1, 1).to_vec(),
                vec![
                    Event::Waits(a(1), Wait::Forever),
                    Event::Pends(a(1)),
                    Event::GoesOn(a(0)),
                ],
                vec![
                    Event::LeavesShield(a(0)),
                    Event::Waits(a(0), Wait::Scope(s(1))),
                    Event::Drives(s(1)),
                ],
            ],
        );
    let dropped = [
        is_dropped(1).to_vec(),
        vec![Event::Pends(a(0))],
        is_dropped(0).to_vec(),
        vec![Event::ScopeEnds(
            s(0),
            Outcome::Error {
                reason: late,
                failures: Vec::new(),
            },
        )],
    ];
    begun.clone().at(1, dropped).is_fine(&program);
    begun
        .at(1, [vec![Event::Pends(a(0))]])
        .at(2, [vec![Event::Woken(a(0))]])
        .is_refused_as("and not dropped", &program);
}
