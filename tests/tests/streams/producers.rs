//! A producer is a child: bounded, cancelled with its stream, and answerable to the policy.

use std::{
    future::pending,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};

use futures::StreamExt;
use purview::{Closed, TrySendError, cancelled, checkpoint, fail_fast, scope, settled};
use purview_tests::{PanicsOnDrop, by_hand, caught, on_every_runtime, polled_on_every_runtime, yields};

async fn it_is_ahead_by_its_capacity_and_no_more() {
    for capacity in [0, 1, 4] {
        let sent = AtomicUsize::new(0);
        fail_fast::<()>()
            .run(async |s| {
                let mut items = s.produce(capacity, async |tx| {
                    for item in 0..20 {
                        tx.send(item).await.map_err(drop)?;
                        sent.fetch_add(1, SeqCst);
                    }
                    Ok(())
                });
                for received in 0..20 {
                    assert_eq!(items.next().await, Some(received));
                    yields(10).await;
                    let sent = sent.load(SeqCst);
                    assert!(
                        sent <= received + 1 + capacity,
                        "{sent} sent and {received} received of {capacity}"
                    );
                }
                assert_eq!(items.next().await, None);
                Ok(())
            })
            .await
            .unwrap();
        assert_eq!(sent.load(SeqCst), 20);
    }
}

async fn dropping_the_stream_cancels_it() {
    let told = AtomicUsize::new(0);
    fail_fast::<()>()
        .run(async |s| {
            let mut items = s.produce(1, async |tx| {
                tx.send(1).await.map_err(drop)?;
                cancelled().await;
                told.fetch_add(1, SeqCst);
                assert!(tx.send(2).await.is_err());
                told.fetch_add(1, SeqCst);
                Ok(())
            });
            assert_eq!(items.next().await, Some(1));
            checkpoint().await;
            drop(items);
            while !s.is_empty() {
                checkpoint().await;
            }
            Ok(())
        })
        .await
        .unwrap();
    assert_eq!(told.load(SeqCst), 2);
}

async fn its_error_ends_a_fail_fast_scope() {
    let error = fail_fast()
        .run(async |s| {
            let mut items = s.produce(1, async |tx| {
                tx.send(1).await.ok();
                Err("broken pipe")
            });
            while items.next().await.is_some() {}
            pending::<Result<(), _>>().await
        })
        .await
        .unwrap_err();
    assert_eq!(error.into_failure(), Some("broken pipe"));
}

async fn its_error_is_kept_by_a_settled_scope_and_its_stream_ends() {
    let settlement = settled()
        .run(async |s| {
            let items = s.produce(1, async |tx| {
                tx.send(1).await.ok();
                Err("broken pipe")
            });
            Ok(items.collect::<Vec<_>>().await)
        })
        .await
        .unwrap();
    assert_eq!(settlement.value, [1]);
    assert_eq!(settlement.failures.len(), 1);
}

async fn a_sender_that_is_put_away_does_not_outlive_the_promise_of_the_scope() {
    let kept = Mutex::new(None);
    let items = scope(async |s| {
        s.produce(1, async |tx| {
            tx.send(1).await.unwrap();
            *kept.lock().unwrap() = Some(tx);
        })
    })
    .await;
    assert_eq!(items.collect::<Vec<_>>().await, [1]);
    assert!(kept.lock().unwrap().is_some());
}

async fn a_stream_that_has_ended_with_its_scope_stays_so_and_refuses_what_comes_later() {
    for capacity in [0, 1, 4] {
        let kept = Mutex::new(None);
        let mut items = scope(async |s| {
            s.produce(capacity, async |tx| {
                tx.try_send(1).unwrap();
                *kept.lock().unwrap() = Some(tx);
            })
        })
        .await;
        let tx = kept.into_inner().unwrap().expect("it was put there");
        assert_eq!(items.next().await, Some(1));
        assert_eq!(tx.try_send(2), Err(TrySendError::Closed(2)), "{capacity}");
        assert_eq!(tx.send(3).await, Err(Closed(3)));
        assert!(tx.reserve().await.is_err());
        assert_eq!(items.next().await, None);
        drop(tx);
        assert_eq!(items.next().await, None);
    }
}

fn an_item_that_was_received_was_sent_though_the_stream_was_dropped_by_then() {
    let kept = Arc::new(Mutex::new(None));
    let (scope, driver) = settled::<()>().open();
    let mut driver = by_hand(driver);
    let put = kept.clone();
    let mut items = Box::pin(scope.produce(0, async move |tx| {
        *put.lock().unwrap() = Some(tx);
        pending().await
    }));
    assert!(driver.poll_until_idle().is_pending());
    let tx = kept.lock().unwrap().take().expect("the producer ran");
    let mut sending = by_hand(tx.send(1));
    assert!(sending.poll().is_pending(), "it waits until it is received");
    assert_eq!(by_hand(items.next()).finish(), Some(1));
    drop(items);
    assert!(sending.finish().is_ok());
    assert_eq!(by_hand(tx.send(2)).finish().map_err(|closed| closed.0), Err(2));
}

fn one_that_was_received_is_not_taken_for_the_next_when_the_stream_is_dropped() {
    let kept = Arc::new(Mutex::new(None));
    let (scope, driver) = settled::<()>().open();
    let mut driver = by_hand(driver);
    let put = kept.clone();
    let mut items = Box::pin(scope.produce(0, async move |tx| {
        *put.lock().unwrap() = Some(tx);
        pending().await
    }));
    assert!(driver.poll_until_idle().is_pending());
    let tx = kept.lock().unwrap().take().expect("the producer ran");
    let mut first = by_hand(tx.send(1));
    assert!(first.poll().is_pending());
    assert_eq!(by_hand(items.next()).finish(), Some(1));
    let mut second = by_hand(tx.send(2));
    assert!(second.poll().is_pending(), "it has the place of the first");
    drop(items);
    assert!(first.finish().is_ok());
    assert_eq!(second.finish().map_err(|closed| closed.0), Err(2));
}

async fn the_panic_of_an_item_that_is_dropped_with_its_stream_comes_out_of_the_scope() {
    let panicked = caught(scope(async |s| {
        let items = s.produce(1, async |tx| {
            tx.send(PanicsOnDrop("of an item")).await.ok();
            pending::<()>().await;
        });
        yields(3).await;
        drop(items);
    }));
    assert_eq!(panicked.await, Err("of an item".into()));
}

on_every_runtime!(
    it_is_ahead_by_its_capacity_and_no_more,
    dropping_the_stream_cancels_it,
    its_error_ends_a_fail_fast_scope,
    its_error_is_kept_by_a_settled_scope_and_its_stream_ends,
    a_sender_that_is_put_away_does_not_outlive_the_promise_of_the_scope,
    a_stream_that_has_ended_with_its_scope_stays_so_and_refuses_what_comes_later,
    the_panic_of_an_item_that_is_dropped_with_its_stream_comes_out_of_the_scope,
);
polled_on_every_runtime!(
    an_item_that_was_received_was_sent_though_the_stream_was_dropped_by_then,
    one_that_was_received_is_not_taken_for_the_next_when_the_stream_is_dropped,
);
