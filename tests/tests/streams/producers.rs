//! A producer is a child: bounded, cancelled with its stream, and answerable to the policy.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use futures::StreamExt;
use purview::{cancelled, checkpoint, fail_fast, scope, settled};
use purview_tests::{on_every_runtime, yields};

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
            std::future::pending::<Result<(), _>>().await
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
    let kept = std::sync::Mutex::new(None);
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

on_every_runtime!(
    it_is_ahead_by_its_capacity_and_no_more,
    dropping_the_stream_cancels_it,
    its_error_ends_a_fail_fast_scope,
    its_error_is_kept_by_a_settled_scope_and_its_stream_ends,
    a_sender_that_is_put_away_does_not_outlive_the_promise_of_the_scope,
);
