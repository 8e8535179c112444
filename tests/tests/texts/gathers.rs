//! `Debug` tells what a reader looks for, and needs nothing of the futures.

use std::future::pending;

use purview::{Stopped, gather};
use purview_tests::{Gate, by_hand, polled_on_every_runtime};

fn a_gather_shows_its_name_its_mode_and_how_many_run() {
    let mut set = gather([(); 3].map(|()| pending::<Result<(), ()>>())).settled();
    assert!(by_hand(&mut set).poll_until_idle().is_pending());
    let shown = format!("{set:?}");
    for part in ["Gather", "Settled", "running: 3"] {
        assert!(shown.contains(part), "{shown}");
    }
    let shown = format!("{:?}", set.name("import"));
    assert!(shown.contains("import"), "{shown}");
}

fn a_for_each_shows_how_many_results_wait() {
    let gate = Gate::new();
    let futures = (0..3).map(async |n| Ok::<_, ()>(n));
    let mut each = by_hand(gather(futures).for_each(|_, _| gate.wait()));
    assert!(each.poll_until_idle().is_pending());
    let shown = format!("{each:?}");
    assert!(shown.contains("ForEach { backlog: 2"), "{shown}");
}

fn a_for_each_that_can_fail_shows_how_many_results_wait() {
    let gate = Gate::new();
    let futures = (0..3).map(async |n| Ok::<_, ()>(n));
    let mut each = by_hand(gather(futures).try_for_each(|_, _| async {
        gate.wait().await;
        Ok::<_, Stopped>(())
    }));
    assert!(each.poll_until_idle().is_pending());
    let shown = format!("{each:?}");
    assert!(shown.contains("TryForEach { backlog: 2"), "{shown}");
}

fn a_gather_of_several_types_shows_its_mode() {
    let mixed = gather!(pending::<Result<(), ()>>(), async { Ok::<_, ()>(1) }).settled();
    let shown = format!("{mixed:?}");
    assert!(shown.starts_with("Mixed") && shown.contains("Settled"), "{shown}");
}

polled_on_every_runtime!(
    a_gather_shows_its_name_its_mode_and_how_many_run,
    a_gather_of_several_types_shows_its_mode,
    a_for_each_shows_how_many_results_wait,
    a_for_each_that_can_fail_shows_how_many_results_wait,
);
