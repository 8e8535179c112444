//! `current()` is the innermost child around the caller, whatever was polled, panicked or dropped before.

use purview::{current, scope, settled, shield, timeout};
use purview_tests::{CallsOnDrop, Log, by_hand, caught, on_every_runtime, polled_on_every_runtime, yield_now};

fn name() -> String {
    current().map_or_else(|| "none".to_owned(), |me| me.name().to_owned())
}

async fn it_is_the_child_that_runs_before_and_after_each_suspension() {
    scope(async |s| {
        let names: Vec<_> = ["a", "b", "c"]
            .map(|name_of| {
                s.task().name(name_of).spawn(async move {
                    for _ in 0..3 {
                        assert_eq!(name(), name_of);
                        yield_now().await;
                    }
                    name()
                })
            })
            .into_iter()
            .collect();
        for (task, expected) in names.into_iter().zip(["a", "b", "c"]) {
            assert_eq!(task.await, expected);
        }
    })
    .await;
    assert_eq!(name(), "none");
}

async fn in_a_nested_scope_it_is_the_inner_child_and_then_the_outer_one_again() {
    scope(async |outer| {
        let child = outer.task().name("outer").spawn(async {
            assert_eq!(name(), "outer");
            let id = current().map(|me| me.id());
            scope(async |inner| {
                assert_ne!(
                    current().map(|me| me.id()),
                    id,
                    "the body of the inner scope is a task of its own"
                );
                inner
                    .task()
                    .name("inner")
                    .spawn(async { assert_eq!(name(), "inner") })
                    .await;
            })
            .await;
            name()
        });
        assert_eq!(child.await, "outer");
    })
    .await;
}

async fn wrappers_do_not_hide_it() {
    scope(async |s| {
        let child = s.task().name("wrapped").spawn(async {
            let shielded = shield(async { name() }).await;
            let timed = timeout(std::time::Duration::MAX, async { name() }).await;
            (shielded, timed.expect("it is in time"))
        });
        assert_eq!(child.await.0, "wrapped");
    })
    .await;
}

async fn it_is_restored_after_a_panic() {
    let settlement = settled::<()>().run(async |s| {
        let before = name();
        let panics = s
            .task()
            .name("panics")
            .spawn(async { if true { panic!("boom") } else { Ok(()) } });
        assert!(panics.await.is_err());
        assert_eq!(name(), before);
        let nested = caught(scope(async |s| {
            s.spawn(async {
                if true {
                    panic!("deeper")
                }
            });
        }));
        assert!(nested.await.is_err());
        Ok((before, name()))
    });
    let (before, after) = settlement.await.expect("the body worked").value;
    assert_eq!(before, after);
    assert_eq!(name(), "none");
}

fn polling_a_foreign_scope_inside_a_child_does_not_confuse_it() {
    let mut other = by_hand(scope(async |s| {
        s.task()
            .name("other")
            .spawn(async {
                yield_now().await;
                name()
            })
            .await
    }));
    let mut run = by_hand(scope(async |s| {
        s.task()
            .name("mine")
            .spawn(async {
                drop(other.poll());
                let after = name();
                assert_eq!(other.finish(), "other");
                (after, name())
            })
            .await
    }));
    assert_eq!(run.finish(), ("mine".to_owned(), "mine".to_owned()));
}

fn a_destructor_runs_as_the_child_it_belongs_to_or_as_none_and_leaves_no_trace() {
    let log = Log::new();
    let mut run = by_hand(scope(async |s| {
        let calls = CallsOnDrop(|| log.note(name()));
        s.task().name("dropped").spawn(async move {
            let _calls = calls;
            yield_now().await;
        });
    }));
    run.finish();
    assert_eq!(log.entries().len(), 1);
    assert_eq!(name(), "none");
}

on_every_runtime!(
    it_is_the_child_that_runs_before_and_after_each_suspension,
    in_a_nested_scope_it_is_the_inner_child_and_then_the_outer_one_again,
    wrappers_do_not_hide_it,
    it_is_restored_after_a_panic,
);
polled_on_every_runtime!(
    polling_a_foreign_scope_inside_a_child_does_not_confuse_it,
    a_destructor_runs_as_the_child_it_belongs_to_or_as_none_and_leaves_no_trace,
);
