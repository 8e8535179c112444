//! While a child lives its scope lives, and takes children.

use purview::{JoinAll, Scope, scope};
use purview_tests::{Gate, Log, by_hand, on_every_runtime, polled_on_every_runtime, yield_now};

fn a_child_spawned_by_a_child_after_the_body_ended_is_awaited() {
    let (spawns, ends, log) = (Gate::new(), Gate::new(), Log::new());
    let mut run = by_hand(scope(async |s| {
        let handle = s.clone();
        let (spawns, ends, log) = (&spawns, &ends, &log);
        s.spawn(async move {
            spawns.wait().await;
            handle.spawn(async move {
                ends.wait().await;
                log.note("grandchild ended");
            });
            log.note("child ended");
        });
        log.note("body ended");
    }));
    assert!(run.poll_until_idle().is_pending());
    spawns.open();
    assert!(run.poll_until_idle().is_pending());
    assert_eq!(log.entries(), ["body ended", "child ended"]);
    ends.open();
    run.finish();
    assert!(log.has("grandchild ended"));
}

async fn a_chain_of_children_each_spawned_by_the_one_before_is_awaited() {
    fn link<'env>(s: &Scope<'env, JoinAll>, log: &'env Log, left: usize) {
        let handle = s.clone();
        s.spawn(async move {
            yield_now().await;
            match left {
                0 => log.note("the last one"),
                _ => link(&handle, log, left - 1),
            }
        });
    }
    let log = Log::new();
    scope(async |s| link(&s, &log, 500)).await;
    assert_eq!(log.entries(), ["the last one"]);
}

async fn a_child_spawned_from_the_destructor_of_another_is_awaited() {
    struct SpawnsOnDrop<'env>(Scope<'env, JoinAll>, &'env Log);
    impl Drop for SpawnsOnDrop<'_> {
        fn drop(&mut self) {
            let log = self.1;
            self.0.spawn(async move {
                yield_now().await;
                log.note("spawned by a destructor");
            });
        }
    }
    let log = Log::new();
    scope(async |s| {
        let guard = SpawnsOnDrop(s.clone(), &log);
        s.spawn(async move {
            yield_now().await;
            drop(guard);
        });
    })
    .await;
    assert_eq!(log.entries(), ["spawned by a destructor"]);
}

polled_on_every_runtime!(a_child_spawned_by_a_child_after_the_body_ended_is_awaited);
on_every_runtime!(
    a_chain_of_children_each_spawned_by_the_one_before_is_awaited,
    a_child_spawned_from_the_destructor_of_another_is_awaited,
);
