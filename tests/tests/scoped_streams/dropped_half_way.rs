//! A stream that is dropped drops its scope, at once, and what was not received.

use std::{future::pending, io, task::Poll};

use futures::StreamExt;
use purview::{Stopped, shield};
use purview_tests::{Log, PanicsOnDrop, by_hand, caught, on_every_runtime, polled_on_every_runtime};

fn body_then_children_newest_first_then_items() {
    let log = Log::new();
    let (of_body, of_items) = (log.clone(), log.clone());
    let mut stream = Box::pin(purview::stream(4, async move |s, tx| {
        let _body = of_body.on_drop("body");
        for n in 0..2 {
            s.spawn(shield(
                of_body.traced(format!("child {n}"), pending::<Result<(), Stopped>>()),
            ));
        }
        for n in 0..3 {
            let _ = tx.send(of_items.on_drop(format!("item {n}"))).await;
        }
        pending().await
    }));
    drop(by_hand(stream.next()).finish());
    log.clear();
    drop(stream);
    assert_eq!(
        log.entries(),
        [
            "body dropped",
            "child 1 dropped",
            "child 0 dropped",
            "item 1 dropped",
            "item 2 dropped"
        ]
    );
}

fn one_that_was_never_polled() {
    let log = Log::new();
    let dropped = log.on_drop("what the body owns");
    drop(purview::stream::<u32, Stopped, _, _>(1, async move |_, _tx| {
        let _dropped = dropped;
        pending().await
    }));
    assert_eq!(log.entries(), ["what the body owns dropped"]);
}

async fn a_wait_that_is_dropped_loses_no_item() {
    let mut stream = purview::stream(0, async |_, tx| {
        for n in 0..3 {
            tx.send(n).await.map_err(io::Error::other)?;
            purview::checkpoint().await;
        }
        Ok::<_, io::Error>(())
    });
    let mut seen = Vec::new();
    let mut polls = 0;
    while seen.len() < 3 {
        polls += 1;
        assert!(polls < 1000, "{seen:?}");
        let mut next = std::pin::pin!(stream.next());
        // Polled once, and then dropped, whether it was ready or not.
        let polled = std::future::poll_fn(|cx| Poll::Ready(next.as_mut().poll(cx))).await;
        if let Poll::Ready(item) = polled {
            seen.push(item.unwrap().unwrap());
        }
    }
    assert_eq!(seen, [0, 1, 2]);
}

async fn a_panic_of_a_destructor_does_not_keep_the_others() {
    let log = Log::new();
    let kept = log.clone();
    let dropping = caught(async move {
        let mut stream = purview::stream(2, async move |s, tx| {
            let held = kept.clone();
            s.spawn(async move {
                let _dropped = held.on_drop("child");
                pending::<Result<(), Stopped>>().await
            });
            s.spawn(async {
                let _bomb = PanicsOnDrop("a child's destructor");
                pending::<Result<(), Stopped>>().await
            });
            for name in ["received", "waiting"] {
                let _ = tx.send(kept.on_drop(name)).await;
            }
            pending().await
        });
        drop(stream.next().await);
        drop(stream);
    });
    let _ = dropping.await;
    assert!(
        log.has("child dropped") && log.has("waiting dropped"),
        "{:?}",
        log.entries()
    );
}

polled_on_every_runtime!(body_then_children_newest_first_then_items, one_that_was_never_polled);
on_every_runtime!(
    a_wait_that_is_dropped_loses_no_item,
    a_panic_of_a_destructor_does_not_keep_the_others
);
