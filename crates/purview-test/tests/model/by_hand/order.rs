//! In which order children are polled.

use super::{Story, a, begins, ends, s, scope, script, spawns};
use crate::{
    program::{End, Kind, Op, Place, ScopeSpec},
    trace::{Event, How, Wait},
};

/// Three children that yield twice.
fn yield_alike() -> ScopeSpec {
    let child = |id| Op::Spawn(Place::Here, script(id, vec![Op::Yield, Op::Yield], End::Return));
    scope(
        0,
        Kind::FailFast,
        script(0, vec![child(1), child(2), child(3)], End::Return),
    )
}

fn yields(child: u32) -> Vec<Event> {
    let child = a(child);
    vec![
        Event::Waits(child, Wait::Yield),
        Event::Woken(child),
        Event::Pends(child),
    ]
}

fn first(child: u32) -> Vec<Event> {
    [vec![Event::Polled(a(child))], yields(child)].concat()
}

fn again(child: u32) -> Vec<Event> {
    [vec![Event::Polled(a(child)), Event::GoesOn(a(child))], yields(child)].concat()
}

fn spawned() -> Story {
    let spawns = |child| spawns(child, 0, Place::Here);
    Story::default().at(
        0,
        [
            begins(0, 0).to_vec(),
            vec![spawns(1), spawns(2), spawns(3)],
            ends(0, How::Returned).to_vec(),
            first(1),
            first(2),
            first(3),
        ],
    )
}

#[test]
fn children_are_polled_in_the_order_in_which_they_were_woken() {
    let program = yield_alike();
    let pass = || vec![Event::Drives(s(0))];
    // It goes well as far as the trace goes.
    spawned()
        .at(0, [again(1), pass(), again(2), again(3)])
        .is_refused_as("the root scope has not", &program);
    spawned()
        .at(0, [again(2)])
        .is_refused_as("a1 was woken earlier", &program);
    spawned()
        .at(0, [again(1), pass(), again(3)])
        .is_refused_as("a2 was woken earlier", &program);
}

#[test]
fn a_pass_ends_after_the_child_behind_the_first_that_comes_up_twice() {
    let program = yield_alike();
    spawned()
        .at(0, [again(1), again(2), again(3)])
        .is_refused_as("the pass ended", &program);
}

#[test]
fn where_passes_are_short_no_child_is_passed_over_twice_in_a_row() {
    let program = yield_alike();
    let short = Story::default().at(0, [vec![Event::ScopesYieldEarly]]);
    let spawned = Story([short.0, spawned().0].concat());
    let pass = || vec![Event::Drives(s(0))];
    let end = [
        vec![Event::Polled(a(2)), Event::GoesOn(a(2))],
        ends(2, How::Returned).to_vec(),
    ]
    .concat();
    spawned
        .clone()
        .at(0, [pass(), again(2), pass(), end])
        .is_refused_as("the root scope has not", &program);
    spawned
        .at(
            0,
            [pass(), again(2), pass(), again(2), pass(), vec![Event::Polled(a(2))]],
        )
        .is_refused_as("a1 was passed over 3 times", &program);
}
