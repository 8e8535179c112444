//! What a parallel child costs beside what its executor allocates for the future it is given.

use std::future::ready;

use purview::fail_fast;
use purview_tests::{TestClock, by_hand};

use crate::meter::{allocations_in, on_its_own};

const CHILDREN: usize = 1_000;

fn per_child(parallel: bool) -> usize {
    // Without an executor: what there is to count is ours, and the boxed future that it refuses.
    let (open, driver) = fail_fast::<()>().runtime(TestClock::new()).open();
    let mut driver = by_hand(driver);
    let mut spawn_and_run = || {
        for _ in 0..CHILDREN {
            if parallel {
                drop(open.spawn_parallel(ready(Ok(()))));
            } else {
                drop(open.spawn(ready(Ok(()))));
            }
        }
        assert!(driver.poll_until_idle().is_pending());
        assert!(open.is_empty());
    };
    // Once for what is made once.
    spawn_and_run();
    allocations_in(spawn_and_run) / CHILDREN
}

#[test]
fn three_more_than_a_plain_one_and_the_future_its_executor_is_given() {
    let _alone = on_its_own();
    let (plain, parallel) = (per_child(false), per_child(true));
    println!("allocations: a plain child {plain}, a parallel one {parallel}");
    // The slot that threads share, the future in it and its node; and the boxed future for `Spawner::spawn`, which is the
    // executor's.
    assert!(parallel <= plain + 4, "{parallel} against {plain}");
}
