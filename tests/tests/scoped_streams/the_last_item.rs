//! A stream that was cut never ends as if it were complete.

use std::{future::pending, io, time::Duration};

use futures::{Stream, StreamExt};
use purview::{CancelReason, CancelToken, Stopped, cancelled, checkpoint, fail_fast};
use purview_tests::{TestClock, caught, on_every_runtime};

#[derive(Debug, PartialEq)]
enum Told {
    Failed(u32),
    Stopped(CancelReason),
}

impl From<Stopped> for Told {
    fn from(stopped: Stopped) -> Self {
        Self::Stopped(stopped.reason)
    }
}

/// All items, after the last of which it must have ended.
async fn all(mut stream: impl Stream<Item = Result<u32, Told>> + Unpin) -> Vec<Result<u32, Told>> {
    let mut items = Vec::new();
    while let Some(item) = stream.next().await {
        items.push(item);
    }
    assert!(stream.next().await.is_none());
    items
}

async fn an_error_of_the_body_comes_after_what_was_sent() {
    for capacity in [1, 8] {
        let items = all(purview::stream(capacity, async |_, tx| {
            for n in 0..3 {
                tx.send(n).await.map_err(|_| Told::Failed(0))?;
            }
            Err(Told::Failed(7))
        }));
        assert_eq!(items.await, [Ok(0), Ok(1), Ok(2), Err(Told::Failed(7))]);
    }
}

async fn an_error_of_a_child_ends_the_body() {
    let items = all(purview::stream(1, async |s, tx| {
        s.spawn(async {
            checkpoint().await;
            Err::<(), _>(Told::Failed(7))
        });
        let _ = tx.send(1).await;
        pending().await
    }));
    assert_eq!(items.await, [Ok(1), Err(Told::Failed(7))]);
}

async fn a_deadline_is_stopped() {
    let clock = TestClock::new();
    let time = clock.clone();
    let items = all(fail_fast()
        .runtime(clock)
        .timeout(Duration::from_secs(1))
        .stream(4, async move |_, tx| {
            let _ = tx.send(1).await;
            time.advance(Duration::from_secs(1));
            pending().await
        }));
    assert_eq!(items.await, [Ok(1), Err(Told::Stopped(CancelReason::DeadlineExceeded))]);
}

async fn a_token_is_stopped_with_its_reason() {
    let token = CancelToken::new();
    let mut stream = fail_fast().cancel_on(&token).stream(1, async |_, tx| {
        let _ = tx.send(1).await;
        pending::<Result<(), Told>>().await
    });
    assert_eq!(stream.next().await, Some(Ok(1)));
    token.cancel_with("maintenance");
    let reason = CancelReason::Requested(Some("maintenance".into()));
    assert_eq!(all(stream).await, [Err(Told::Stopped(reason))]);
}

async fn the_scope_around_is_stopped() {
    let mut items = Vec::new();
    let slot = &mut items;
    let outer = fail_fast::<Told>()
        .run(async |s| {
            s.spawn(async move {
                let mut stream = purview::stream(1, async |_, tx| {
                    cancelled().await;
                    let _ = tx.try_send(1);
                    Ok::<_, Told>(())
                });
                while let Some(item) = stream.next().await {
                    slot.push(item);
                }
                Ok(())
            });
            checkpoint().await;
            Err::<(), _>(Told::Failed(7))
        })
        .await;
    assert!(outer.is_err());
    assert_eq!(items, [Ok(1), Err(Told::Stopped(CancelReason::Parent))]);
}

async fn its_own_cancel_before_the_body_has_returned_is_stopped() {
    let items = all(purview::stream(1, async |s, tx| {
        let _ = tx.try_send(1);
        s.cancel_with("enough");
        pending().await
    }));
    let reason = CancelReason::Requested(Some("enough".into()));
    assert_eq!(items.await, [Ok(1), Err(Told::Stopped(reason))]);
}

async fn a_panic_goes_on_in_what_polls_it() {
    let mut body = purview::stream::<u32, Told, _, _>(1, async |_, _tx| panic!("the body"));
    assert_eq!(caught(body.next()).await.unwrap_err(), "the body");
    let mut child = purview::stream::<u32, Told, _, _>(1, async |s, _tx| {
        s.spawn(async { panic!("a child") as Result<(), _> });
        pending().await
    });
    assert_eq!(caught(child.next()).await.unwrap_err(), "a child");
    // It has not come to its end, and says no such thing.
    assert!(caught(child.next()).await.is_err());
}

async fn a_sender_that_was_put_elsewhere_adds_nothing_after_the_end() {
    let (put, mut kept) = futures::channel::mpsc::unbounded();
    let mut stream = purview::stream(4, async move |_, tx| {
        tx.send(1).await.map_err(|_| Told::Failed(0))?;
        put.unbounded_send(tx).map_err(|_| Told::Failed(0))
    });
    assert_eq!(stream.next().await, Some(Ok(1)));
    assert_eq!(stream.next().await, None);
    let tx = kept.next().await.unwrap();
    assert!(tx.send(2).await.is_err());
    assert!(tx.try_send(2).is_err());
    assert!(tx.reserve().await.is_err());
    assert_eq!(stream.next().await, None);
}

async fn io_errors_say_that_the_time_is_up() {
    let mut late = fail_fast()
        .timeout(Duration::ZERO)
        .stream::<u32, _, _>(1, async |_, _tx| Ok::<_, io::Error>(()));
    assert_eq!(late.next().await.unwrap().unwrap_err().kind(), io::ErrorKind::TimedOut);
    assert!(late.next().await.is_none());
}

on_every_runtime!(
    an_error_of_the_body_comes_after_what_was_sent,
    an_error_of_a_child_ends_the_body,
    a_deadline_is_stopped,
    a_token_is_stopped_with_its_reason,
    the_scope_around_is_stopped,
    its_own_cancel_before_the_body_has_returned_is_stopped,
    a_panic_goes_on_in_what_polls_it,
    a_sender_that_was_put_elsewhere_adds_nothing_after_the_end,
    io_errors_say_that_the_time_is_up,
);
