//! A context key has the value it was given around the code that runs, in children as well.

use std::thread;

use purview::{context_key, scope, try_scope};
use purview_tests::{Gate, by_hand, caught, on_every_runtime, polled_on_every_runtime, yield_now};

context_key! {
    static REQUEST: String;
    static DEPTH: u32;
}

async fn it_is_unbound_outside() {
    assert_eq!((REQUEST.get(), DEPTH.get()), (None, None));
    assert_eq!(REQUEST.scope("r".to_owned(), async { 7 }).await, 7);
    assert!(REQUEST.with(|value| value.is_none()));
}

async fn it_is_bound_across_suspensions_and_unbound_afterwards() {
    let seen = REQUEST.scope("r-1".to_owned(), async {
        yield_now().await;
        (REQUEST.get(), REQUEST.with(|value| value.map(String::len)), DEPTH.get())
    });
    assert_eq!(seen.await, (Some("r-1".to_owned()), Some(3), None));
    assert_eq!(REQUEST.get(), None);
}

async fn an_inner_value_hides_the_outer_one_until_it_ends() {
    let seen = DEPTH.scope(1, async {
        let inner = DEPTH.scope(2, async {
            yield_now().await;
            DEPTH.get()
        });
        (DEPTH.get(), inner.await, DEPTH.get())
    });
    assert_eq!(seen.await, (Some(1), Some(2), Some(1)));
}

async fn hiding_a_value_hides_no_other_key() {
    let seen = DEPTH.scope(1, async {
        let between = REQUEST.scope("r".to_owned(), async {
            let inner = DEPTH.scope(2, async { (DEPTH.get(), REQUEST.get()) });
            (inner.await, DEPTH.get())
        });
        (between.await, REQUEST.get())
    });
    assert_eq!(seen.await, (((Some(2), Some("r".to_owned())), Some(1)), None));
}

/// What was around it when it was polled first stays around it, wherever it is polled later.
fn it_stays_in_what_it_was_polled_in_first() {
    let gate = Gate::new();
    let mut inner = Box::pin(DEPTH.scope(2, async {
        let before = REQUEST.get();
        gate.wait().await;
        (before, REQUEST.get(), DEPTH.get())
    }));
    let mut outer = by_hand(REQUEST.scope("r".to_owned(), inner.as_mut()));
    assert!(outer.poll_until_idle().is_pending());
    drop(outer);
    gate.open();
    let value = Some("r".to_owned());
    assert_eq!(by_hand(inner).finish(), (value.clone(), value, Some(2)));
    assert_eq!((REQUEST.get(), DEPTH.get()), (None, None));
}

async fn children_and_grandchildren_see_it() {
    let seen = REQUEST.scope("r-2".to_owned(), async {
        scope(async |s| {
            let handle = s.clone();
            let child = s.spawn(async move {
                yield_now().await;
                let grandchild = handle.spawn(async { REQUEST.get() }).await;
                (REQUEST.get(), grandchild)
            });
            child.await
        })
        .await
    });
    let both = Some("r-2".to_owned());
    assert_eq!(seen.await, (both.clone(), both));
}

async fn siblings_with_different_values_do_not_mix() {
    scope(async |s| {
        let tasks: Vec<_> = (0..10)
            .map(|i| {
                s.spawn(DEPTH.scope(i, async move {
                    for _ in 0..3 {
                        assert_eq!(DEPTH.get(), Some(i));
                        yield_now().await;
                    }
                }))
            })
            .collect();
        for task in tasks {
            task.await;
            assert_eq!(DEPTH.get(), None);
        }
    })
    .await;
}

async fn parallel_children_see_it() {
    let seen = REQUEST.scope("r-3".to_owned(), async {
        try_scope(async |s| {
            Ok::<_, ()>(
                s.spawn_parallel(async {
                    yield_now().await;
                    Ok(REQUEST.get())
                })
                .await,
            )
        })
        .await
    });
    assert_eq!(seen.await, Ok(Some("r-3".to_owned())));
}

async fn it_is_restored_after_a_panic() {
    let seen = DEPTH.scope(1, async {
        let panicked = caught(DEPTH.scope(2, async {
            yield_now().await;
            assert_ne!(DEPTH.get(), Some(2), "boom");
        }));
        assert!(panicked.await.is_err());
        DEPTH.get()
    });
    assert_eq!(seen.await, Some(1));
    assert_eq!(DEPTH.get(), None);
}

fn it_goes_with_a_future_to_another_thread_and_stays_with_no_thread() {
    let gate = Gate::new();
    let wait = gate.wait();
    let mut run = by_hand(REQUEST.scope(
        "r-4".to_owned(),
        scope(async move |s| {
            s.spawn(async move {
                let before = REQUEST.get();
                wait.await;
                (before, REQUEST.get())
            })
            .await
        }),
    ));
    assert!(run.poll_until_idle().is_pending());
    assert_eq!(REQUEST.get(), None);
    gate.open();
    let seen = thread::spawn(move || (run.finish(), REQUEST.get()))
        .join()
        .expect("polled elsewhere");
    let value = Some("r-4".to_owned());
    assert_eq!(seen, ((value.clone(), value), None));
}

on_every_runtime!(
    it_is_unbound_outside,
    it_is_bound_across_suspensions_and_unbound_afterwards,
    an_inner_value_hides_the_outer_one_until_it_ends,
    hiding_a_value_hides_no_other_key,
    children_and_grandchildren_see_it,
    siblings_with_different_values_do_not_mix,
    parallel_children_see_it,
    it_is_restored_after_a_panic,
);
polled_on_every_runtime!(
    it_goes_with_a_future_to_another_thread_and_stays_with_no_thread,
    it_stays_in_what_it_was_polled_in_first,
);
