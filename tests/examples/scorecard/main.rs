//! Measures what the scorecard on the page about guarantees states, and prints it as `key=value` lines.
//!
//! `scorecard` measures everything; `scorecard depth` only how deep scopes nest. `scorecard depth HOW N`
//! nests N scopes in a thread of 256 KiB, which overflows or does not: run as a process of its own, because an overflow
//! ends the process. `ci/scorecard.sh` makes the table.
#![forbid(unsafe_code)]

mod crowd;
mod depth;
mod idle;
mod many;
mod pass;
mod wakes;

use std::env;

fn main() {
    let words: Vec<_> = env::args().skip(1).collect();
    match &words[..] {
        [] => measure(),
        [what] if what == "depth" => {}
        [what, how, scopes] if what == "depth" => {
            return depth::nest(how, scopes.parse().expect("a number of scopes"));
        }
        _ => panic!("{words:?}: only the depth is measured alone"),
    }
    for how in depth::WAYS {
        println!("depth_{how}={}", depth::deepest(how));
    }
}

fn measure() {
    let (ours, theirs) = (idle::destroyed_by_a_scope(), idle::destroyed_by_a_join_set());
    println!("idle_parallel_destroyed={ours}/{}", idle::CHILDREN);
    println!("idle_join_set_destroyed={theirs}/{}", idle::CHILDREN);
    println!("polls_per_child={:.3}", crowd::polls_per_child_under_tokio());
    println!("scope_polls_per_wake={:.3}", wakes::scope_polls_per_wake());
    println!("steps_in_one_poll={}", pass::most_steps());
    println!("children_in_one_scope={}", many::children_in_one_scope());
}
