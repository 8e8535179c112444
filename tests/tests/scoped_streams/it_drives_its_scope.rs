//! The scope of a stream runs while the stream is polled, and nowhere else.

use std::{
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};

use futures::{Stream, StreamExt, TryStreamExt, stream};
use purview::{Closed, checkpoint, context_key, current, fail_fast};
use purview_tests::{Gate, by_hand, on_every_runtime, polled_on_every_runtime};

async fn read(n: u32) -> io::Result<u32> {
    checkpoint().await;
    Ok(n)
}

fn numbers(capacity: usize, upto: u32) -> impl Stream<Item = io::Result<u32>> + Send + 'static {
    purview::stream(capacity, async move |s, tx| {
        for n in 0..upto {
            let n = s.spawn(read(n)).await;
            tx.send(n).await.map_err(io::Error::other)?;
        }
        Ok(())
    })
}

async fn what_is_sent_arrives_in_order_and_then_it_ends() {
    for capacity in [0, 1, 3, 100] {
        let all: Vec<_> = numbers(capacity, 20).try_collect().await.unwrap();
        assert_eq!(all, (0..20).collect::<Vec<_>>(), "capacity {capacity}");
    }
}

async fn it_stays_ended() {
    let mut all = purview::stream(1, async |_, tx| tx.send(1).await.map_err(io::Error::other));
    assert_eq!(all.next().await.unwrap().unwrap(), 1);
    for _ in 0..3 {
        assert!(all.next().await.is_none());
    }
}

async fn it_waits_for_its_children_before_it_ends() {
    let ended = Arc::new(AtomicUsize::new(0));
    let counted = ended.clone();
    let all = purview::stream(1, async move |s, tx| {
        s.spawn(async move {
            for _ in 0..10 {
                checkpoint().await;
            }
            counted.fetch_add(1, SeqCst);
            Ok(())
        });
        tx.send(1).await.map_err(io::Error::other)
    });
    assert_eq!(all.try_collect::<Vec<_>>().await.unwrap(), [1]);
    assert_eq!(ended.load(SeqCst), 1);
}

async fn children_run_on_while_items_wait() {
    let steps = Arc::new(AtomicUsize::new(0));
    let counted = steps.clone();
    let mut all = purview::stream(4, async move |s, tx| {
        s.spawn(async move {
            for _ in 0..100 {
                checkpoint().await;
                counted.fetch_add(1, SeqCst);
            }
            Ok(())
        });
        for n in 0..4 {
            tx.send(n).await.map_err(io::Error::other)?;
        }
        Ok::<_, io::Error>(())
    });
    let mut seen = Vec::new();
    for n in 0..4 {
        assert_eq!(all.next().await.unwrap().unwrap(), n);
        seen.push(steps.load(SeqCst));
    }
    assert!(seen.is_sorted_by(|a, b| a < b), "each poll runs the children: {seen:?}");
    assert!(all.next().await.is_none());
}

async fn children_on_other_threads_send() {
    let all = fail_fast().stream(2, async |s, tx| {
        let tx = Arc::new(tx);
        for n in 0..10_u32 {
            let tx = tx.clone();
            s.spawn_parallel(async move { tx.send(n).await.map_err(io::Error::other) });
        }
        Ok(())
    });
    let mut all: Vec<_> = all.try_collect().await.unwrap();
    all.sort_unstable();
    assert_eq!(all, (0..10).collect::<Vec<_>>());
}

context_key! {
    static TENANT: u32;
}

async fn names_and_context_are_those_of_a_scope() {
    let mut all = fail_fast().name("feed").stream(1, async |s, tx| {
        let of_body = current().unwrap().name().to_owned();
        let of_child = s
            .spawn(async { Ok((current().unwrap().name().to_owned(), TENANT.get())) })
            .await;
        tx.send((of_body, of_child)).await.map_err(io::Error::other)
    });
    let (body, (child, tenant)) = TENANT.scope(7, all.next()).await.unwrap().unwrap();
    assert_eq!((body.as_str(), child.as_str(), tenant), ("feed", "feed/1", Some(7)));
}

async fn it_merges_with_other_streams() {
    let all: Vec<_> = stream::select(numbers(1, 5), numbers(0, 5))
        .try_collect()
        .await
        .unwrap();
    assert_eq!(all.len(), 10);
}

fn nothing_happens_before_it_is_polled() {
    let polled = Arc::new(AtomicUsize::new(0));
    let counted = polled.clone();
    let mut all = Box::pin(purview::stream(1, async move |_, tx| {
        counted.fetch_add(1, SeqCst);
        tx.send(1).await.map_err(io::Error::other)
    }));
    assert_eq!(polled.load(SeqCst), 0);
    assert_eq!(by_hand(all.next()).finish().unwrap().unwrap(), 1);
    assert_eq!(polled.load(SeqCst), 1);
}

fn one_that_waits_wakes_nothing() {
    let mut all = Box::pin(purview::stream::<u32, io::Error, _, _>(1, async |_, _tx| {
        std::future::pending().await
    }));
    let mut next = by_hand(all.next());
    assert!(next.poll_until_idle().is_pending());
    let wakes = next.wakes();
    assert!(next.poll().is_pending());
    assert_eq!(next.wakes(), wakes);
}

fn what_takes_items_that_never_wait_lets_others_run() {
    let items = purview::stream(8, async |_, tx| {
        while tx.send(7).await.is_ok() {}
        Ok::<_, io::Error>(())
    });
    let mut takes = by_hand(items.for_each(async |_| ()));
    assert!(takes.poll().is_pending());
    assert_ne!(takes.wakes(), 0, "to be polled again");
}

fn what_is_sent_while_it_is_polled_wakes_nothing() {
    let gate = Gate::new();
    let opened = gate.clone();
    let mut all = Box::pin(purview::stream::<_, io::Error, _, _>(1, async move |_, tx| {
        opened.wait().await;
        tx.send(1).await.map_err(io::Error::other)?;
        std::future::pending().await
    }));
    let mut next = by_hand(all.next());
    assert!(next.poll_until_idle().is_pending());
    gate.open();
    let wakes = next.wakes();
    assert_eq!(next.finish().unwrap().unwrap(), 1);
    assert_eq!(next.wakes(), wakes);
}

fn its_end_wakes_a_sender_that_waits_for_room_elsewhere() {
    let (gate, kept) = (Gate::new(), Arc::new(Mutex::new(None)));
    let (opened, slot) = (gate.clone(), kept.clone());
    let mut all = Box::pin(purview::stream::<_, io::Error, _, _>(1, async move |_, tx| {
        *slot.lock().unwrap() = Some(tx);
        opened.wait().await;
        Ok(())
    }));
    let mut next = by_hand(all.next());
    assert!(next.poll_until_idle().is_pending());
    let tx = kept.lock().unwrap().take().expect("the body has run");
    assert_eq!(tx.try_send(1), Ok(()));
    let mut waits = by_hand(tx.send(2));
    assert!(waits.poll().is_pending());
    gate.open();
    assert_eq!(next.finish().unwrap().unwrap(), 1);
    assert_eq!(waits.wakes(), 1);
    assert_eq!(waits.finish(), Err(Closed(2)));
}

on_every_runtime!(
    what_is_sent_arrives_in_order_and_then_it_ends,
    it_stays_ended,
    it_waits_for_its_children_before_it_ends,
    children_run_on_while_items_wait,
    children_on_other_threads_send,
    names_and_context_are_those_of_a_scope,
    it_merges_with_other_streams,
);
polled_on_every_runtime!(
    nothing_happens_before_it_is_polled,
    one_that_waits_wakes_nothing,
    what_takes_items_that_never_wait_lets_others_run,
    what_is_sent_while_it_is_polled_wakes_nothing,
    its_end_wakes_a_sender_that_waits_for_room_elsewhere,
);
