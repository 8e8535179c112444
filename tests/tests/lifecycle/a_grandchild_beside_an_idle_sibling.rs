//! Work that is queued while a child is polled starts in the same pass, whatever else sleeps.

use purview::scope;
use purview_tests::{Gate, by_hand, on_every_runtime, polled_on_every_runtime};

/// The driver must look into its queue after polling as well as before: the grandchild is queued during the poll of
/// its parent, nothing is woken afterwards, and the idle sibling keeps the set from being empty.
fn a_child_that_spawns_and_awaits_a_grandchild_completes_beside_an_idle_sibling() {
    let idle = Gate::new();
    let mut run = by_hand(scope(async |s| {
        s.spawn(idle.wait());
        let handle = s.clone();
        let child = s.spawn(async move { handle.spawn(async { 7 }).await });
        let seven = child.await;
        idle.open();
        seven
    }));
    assert_eq!(run.finish(), 7);
}

async fn the_body_can_wait_for_a_grandchild_beside_an_idle_sibling() {
    let idle = Gate::new();
    let value = scope(async |s| {
        s.spawn(idle.wait());
        let handle = s.clone();
        let value = s
            .spawn(async move {
                handle
                    .clone()
                    .spawn(async move { handle.spawn(async { 7 }).await })
                    .await
            })
            .await;
        idle.open();
        value
    });
    assert_eq!(value.await, 7);
}

polled_on_every_runtime!(a_child_that_spawns_and_awaits_a_grandchild_completes_beside_an_idle_sibling);
on_every_runtime!(the_body_can_wait_for_a_grandchild_beside_an_idle_sibling);
