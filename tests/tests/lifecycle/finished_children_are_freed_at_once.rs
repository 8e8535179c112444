//! A finished child leaves the scope when it finishes, not when the scope does.

use purview::scope;
use purview_tests::{Gate, Log, by_hand, on_every_runtime, polled_on_every_runtime, yield_now};

fn a_finished_child_is_dropped_while_the_body_runs() {
    let (child, body, log) = (Gate::new(), Gate::new(), Log::new());
    let mut run = by_hand(scope(async |s| {
        s.spawn(log.traced("child", child.wait()));
        body.wait().await;
    }));
    assert!(run.poll_until_idle().is_pending());
    child.open();
    assert!(run.poll_until_idle().is_pending());
    assert_eq!(log.entries(), ["child polled", "child polled", "child dropped"]);
    body.open();
    run.finish();
}

async fn the_count_of_children_rises_with_each_spawn_and_falls_with_each_end() {
    let gates = [Gate::new(), Gate::new(), Gate::new()];
    scope(async |s| {
        assert!(s.is_empty());
        for (i, gate) in gates.iter().enumerate() {
            assert_eq!(s.len(), i);
            s.spawn(gate.wait());
        }
        assert_eq!(
            (s.len(), s.is_empty()),
            (3, false),
            "children that were not polled yet count"
        );
        yield_now().await;
        assert_eq!(s.len(), 3);
        for (i, gate) in gates.iter().enumerate() {
            gate.open();
            while s.len() > 2 - i {
                yield_now().await;
            }
        }
        assert!(s.is_empty());
    })
    .await;
}

async fn the_count_is_the_same_from_every_clone_of_the_handle() {
    let gate = Gate::new();
    scope(async |s| {
        let clone = s.clone();
        let task = s.spawn(gate.wait());
        assert_eq!((s.len(), clone.len()), (1, 1));
        gate.open();
        task.await;
        assert_eq!((s.len(), clone.len()), (0, 0));
    })
    .await;
}

async fn a_value_waits_for_its_task_though_the_child_was_dropped() {
    let log = Log::new();
    scope(async |s| {
        let task = s.spawn(log.traced("child", async { 7 }));
        while !task.is_finished() {
            yield_now().await;
        }
        assert_eq!(log.entries(), ["child polled", "child dropped"]);
        assert_eq!(task.await, 7);
    })
    .await;
}

polled_on_every_runtime!(a_finished_child_is_dropped_while_the_body_runs);
on_every_runtime!(
    the_count_of_children_rises_with_each_spawn_and_falls_with_each_end,
    the_count_is_the_same_from_every_clone_of_the_handle,
    a_value_waits_for_its_task_though_the_child_was_dropped,
);
