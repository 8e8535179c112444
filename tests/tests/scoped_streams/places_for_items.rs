//! `reserve`, `Slot::send` and `try_send`: nothing is lost in a `select!`, and no place is.

use std::{
    future::pending,
    pin::{Pin, pin},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    task::Poll,
};

use futures::{FutureExt, StreamExt};
use purview::{Closed, TrySendError, checkpoint, fail_fast, try_scope};
use purview_tests::{Log, PanicsOnDrop, on_every_runtime, yields};

/// What one poll gives.
async fn once<F: Future>(mut future: Pin<&mut F>) -> Poll<F::Output> {
    std::future::poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx))).await
}

async fn a_producer_that_reserves_is_ahead_by_its_capacity() {
    for capacity in [0, 1, 4] {
        let sent = AtomicUsize::new(0);
        try_scope(async |s| {
            let mut items = s.produce(capacity, async |tx| {
                for item in 0..20 {
                    tx.reserve().await.map_err(drop)?.send(item);
                    sent.fetch_add(1, SeqCst);
                }
                Ok(())
            });
            for received in 0..20 {
                assert_eq!(items.next().await, Some(received));
                yields(10).await;
                let sent = sent.load(SeqCst);
                // With a capacity of 0 it is one item ahead, for that item has a place of its own.
                assert!(
                    sent <= received + 1 + capacity.max(1),
                    "{sent} sent, {received} received of {capacity}"
                );
            }
            assert_eq!(items.next().await, None);
            Ok::<_, ()>(())
        })
        .await
        .unwrap();
        assert_eq!(sent.load(SeqCst), 20);
    }
}

async fn a_wait_for_a_place_that_is_dropped_loses_nothing() {
    try_scope(async |s| {
        let mut items = s.produce(1, async |tx| {
            for item in 0..5 {
                // A select that always takes the other branch first.
                while pin!(tx.reserve()).now_or_never().is_none() {
                    checkpoint().await;
                }
                tx.reserve().await.map_err(drop)?.send(item);
            }
            Ok(())
        });
        for expected in 0..5 {
            assert_eq!(items.next().await, Some(expected));
        }
        assert_eq!(items.next().await, None);
        Ok::<_, ()>(())
    })
    .await
    .unwrap();
}

async fn a_place_that_is_dropped_is_given_back() {
    for capacity in [0, 1] {
        try_scope(async |s| {
            let mut items = s.produce(capacity, async |tx| {
                let slot = tx.reserve().await.map_err(drop)?;
                assert_eq!(tx.try_send(1), Err(TrySendError::Full(1)));
                let mut next = pin!(tx.reserve());
                assert!(once(next.as_mut()).await.is_pending());
                drop(slot);
                next.await.map_err(drop)?.send(2);
                Ok(())
            });
            assert_eq!(items.next().await, Some(2));
            assert_eq!(items.next().await, None);
            Ok::<_, ()>(())
        })
        .await
        .unwrap();
    }
}

async fn places_and_sends_share_the_capacity_in_the_order_of_their_wakes() {
    try_scope(async |s| {
        let mut items = s.produce(2, async |tx| {
            let (a, b) = (tx.reserve().await.map_err(drop)?, tx.reserve().await.map_err(drop)?);
            let mut late = pin!(tx.send(3));
            assert!(once(late.as_mut()).await.is_pending());
            b.send(1);
            a.send(2);
            late.await.map_err(drop)
        });
        for expected in 1..=3 {
            assert_eq!(items.next().await, Some(expected));
        }
        Ok::<_, ()>(())
    })
    .await
    .unwrap();
}

async fn after_the_receiver_was_dropped_every_way_to_send_says_so() {
    let log = Log::new();
    let told = Mutex::new(Vec::new());
    try_scope(async |s| {
        let items = s.produce(1, async |tx| {
            let slot = tx.reserve().await.map_err(drop)?;
            purview::cancelled().await;
            slot.send(log.on_drop("into a place of before"));
            let reserved = matches!(tx.reserve().await, Err(Closed(())));
            let tried = matches!(tx.try_send(log.on_drop("tried")), Err(TrySendError::Closed(_)));
            let sent = tx.send(log.on_drop("sent")).await.is_err();
            told.lock().unwrap().extend([reserved, tried, sent]);
            Ok(())
        });
        checkpoint().await;
        drop(items);
        while !s.is_empty() {
            checkpoint().await;
        }
        Ok::<_, ()>(())
    })
    .await
    .unwrap();
    assert_eq!(*told.lock().unwrap(), [true; 3]);
    assert_eq!(
        log.entries(),
        ["into a place of before dropped", "tried dropped", "sent dropped"]
    );
}

async fn a_wait_for_a_place_ends_when_the_receiver_goes() {
    let ended = AtomicUsize::new(0);
    try_scope(async |s| {
        let items = s.produce(0, async |tx| {
            tx.reserve().await.map_err(drop)?.send(1);
            let full = async {
                assert_eq!(tx.reserve().await.map(drop), Err(Closed(())));
                ended.fetch_add(1, SeqCst);
            };
            purview::shield(full).await;
            Ok(())
        });
        checkpoint().await;
        drop(items);
        Ok::<_, ()>(())
    })
    .await
    .unwrap();
    assert_eq!(ended.load(SeqCst), 1);
}

async fn an_item_in_a_place_without_a_capacity_is_dropped_with_the_stream() {
    let log = Log::new();
    try_scope(async |s| {
        let items = s.produce(0, async |tx| {
            tx.reserve().await.map_err(drop)?.send(log.on_drop("item"));
            purview::cancelled().await;
            assert!(log.has("item dropped"));
            Ok(())
        });
        checkpoint().await;
        drop(items);
        assert_eq!(log.entries(), ["item dropped"]);
        Ok::<_, ()>(())
    })
    .await
    .unwrap();
}

async fn an_item_that_was_sent_without_a_capacity_still_comes_back() {
    let back = Mutex::new(None);
    try_scope(async |s| {
        let items = s.produce(0, async |tx| {
            *back.lock().unwrap() = purview::shield(tx.send("mine")).await.err();
            Ok(())
        });
        checkpoint().await;
        drop(items);
        Ok::<_, ()>(())
    })
    .await
    .unwrap();
    assert_eq!(*back.lock().unwrap(), Some(Closed("mine")));
}

async fn trying_does_not_wait() {
    try_scope(async |s| {
        let mut items = s.produce(1, async |tx| {
            assert_eq!(tx.try_send(1), Ok(()));
            assert_eq!(tx.try_send(2), Err(TrySendError::Full(2)));
            tx.reserve().await.map_err(drop)?.send(3);
            pending().await
        });
        assert_eq!(items.next().await, Some(1));
        assert_eq!(items.next().await, Some(3));
        s.cancel();
        Ok::<_, ()>(())
    })
    .await
    .unwrap();
}

async fn a_panic_in_the_destructor_of_an_unreceived_item_harms_nothing_else() {
    let log = Log::new();
    let out = fail_fast::<()>().run(async |s| {
        let items = s.produce(4, async |tx| {
            let slot = tx.reserve().await.map_err(drop)?;
            purview::cancelled().await;
            slot.send(PanicsOnDrop("an item"));
            log.note("sent");
            Ok(())
        });
        checkpoint().await;
        drop(items);
        while !s.is_empty() {
            checkpoint().await;
        }
        Ok(())
    });
    assert_eq!(purview_tests::caught(out).await.unwrap_err(), "an item");
    assert!(!log.has("sent"));
}

on_every_runtime!(
    a_producer_that_reserves_is_ahead_by_its_capacity,
    a_wait_for_a_place_that_is_dropped_loses_nothing,
    a_place_that_is_dropped_is_given_back,
    places_and_sends_share_the_capacity_in_the_order_of_their_wakes,
    after_the_receiver_was_dropped_every_way_to_send_says_so,
    a_wait_for_a_place_ends_when_the_receiver_goes,
    an_item_in_a_place_without_a_capacity_is_dropped_with_the_stream,
    an_item_that_was_sent_without_a_capacity_still_comes_back,
    trying_does_not_wait,
    a_panic_in_the_destructor_of_an_unreceived_item_harms_nothing_else,
);
