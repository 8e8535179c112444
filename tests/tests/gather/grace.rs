//! How long a gather that was cut waits for those of its futures that hold.

use std::{future::pending, task::Poll, time::Duration};

use purview::{CancelToken, TaskError, gather, gather_stream, shield};
use purview_tests::{Gate, Log, TestClock, by_hand, polled_on_every_runtime};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

async fn holding(log: &Log, name: &str) -> Result<(), ()> {
    let _gone = log.on_drop(name);
    shield(pending()).await
}

fn futures_that_hold_are_dropped_when_the_grace_is_over_and_not_before() {
    let (clock, token, log) = (TestClock::new(), CancelToken::new(), Log::new());
    let mut set = by_hand(
        gather([holding(&log, "set")])
            .runtime(clock.clone())
            .cancel_on(&token)
            .grace(MINUTE),
    );
    let mut mixed = by_hand(
        gather!(holding(&log, "mixed"))
            .runtime(clock.clone())
            .cancel_on(&token)
            .grace(MINUTE),
    );
    // A second cancellation gives no future more time.
    for wait in [Duration::ZERO, SECOND * 30, SECOND * 29] {
        clock.advance(wait);
        assert!(set.poll_until_idle().is_pending());
        assert!(mixed.poll_until_idle().is_pending());
        token.cancel();
        assert!(set.poll_until_idle().is_pending());
        assert!(mixed.poll_until_idle().is_pending());
    }
    assert_eq!(log.entries(), [""; 0]);
    let wakes = (set.wakes(), mixed.wakes());
    clock.advance(SECOND);
    assert_eq!((set.wakes(), mixed.wakes()), (wakes.0 + 1, wakes.1 + 1));
    assert!(set.finish().expect_err("cancelled").is_cancelled());
    assert!(mixed.finish().expect_err("cancelled").is_cancelled());
    assert_eq!(log.entries(), ["set dropped", "mixed dropped"]);
}

fn without_grace_no_future_is_waited_for() {
    let (token, log) = (CancelToken::new(), Log::new());
    let mut set = by_hand(
        gather([holding(&log, "set")])
            .cancel_on(&token)
            .grace(Duration::ZERO)
            .settled(),
    );
    let mut mixed = by_hand(
        gather!(holding(&log, "mixed"))
            .cancel_on(&token)
            .grace(Duration::ZERO)
            .settled(),
    );
    assert!(set.poll_until_idle().is_pending());
    assert!(mixed.poll_until_idle().is_pending());
    token.cancel();
    assert!(matches!(set.poll().map(|results| results.len()), Poll::Ready(1)));
    assert!(matches!(mixed.poll(), Poll::Ready((Err(TaskError::Cancelled(_)),))));
}

fn the_others_are_dropped_at_once_and_newest_first() {
    let (token, log) = (CancelToken::new(), Log::new());
    let plain = |n: u32| {
        let gone = log.on_drop(n.to_string());
        async move {
            let _gone = gone;
            pending::<Result<(), ()>>().await
        }
    };
    let mut set = by_hand(gather_stream(futures::stream::iter((0..3).map(plain))).cancel_on(&token));
    assert!(set.poll_until_idle().is_pending());
    token.cancel();
    assert!(set.poll().is_ready());
    assert_eq!(log.entries(), ["2 dropped", "1 dropped", "0 dropped"]);
    log.clear();
    let mut mixed = by_hand(gather!(plain(0), plain(1), plain(2)).cancel_on(&token));
    assert!(mixed.poll().is_ready());
    assert_eq!(log.entries(), ["2 dropped", "1 dropped", "0 dropped"]);
}

fn futures_that_hold_are_polled_on_and_dropped_as_they_release_it() {
    let (token, log) = (CancelToken::new(), Log::new());
    let (first, second) = (Gate::new(), Gate::new());
    let cleaning = |name| {
        let (gone, first, second) = (log.on_drop(name), &first, &second);
        async move {
            let _gone = gone;
            shield(async {
                first.wait().await;
                second.wait().await;
            })
            .await;
            pending::<Result<(), ()>>().await
        }
    };
    let mut set = by_hand(gather([cleaning("set")]).cancel_on(&token));
    let mut mixed = by_hand(gather!(cleaning("mixed")).cancel_on(&token));
    assert!(set.poll_until_idle().is_pending());
    assert!(mixed.poll_until_idle().is_pending());
    token.cancel();
    assert!(set.poll_until_idle().is_pending());
    assert!(mixed.poll_until_idle().is_pending());
    first.open();
    assert!(set.poll_until_idle().is_pending());
    assert!(mixed.poll_until_idle().is_pending());
    assert_eq!(log.entries(), [""; 0]);
    second.open();
    assert!(set.finish().expect_err("cancelled").is_cancelled());
    assert!(mixed.finish().expect_err("cancelled").is_cancelled());
    assert_eq!(log.entries(), ["set dropped", "mixed dropped"]);
}

polled_on_every_runtime!(
    futures_that_hold_are_polled_on_and_dropped_as_they_release_it,
    futures_that_hold_are_dropped_when_the_grace_is_over_and_not_before,
    without_grace_no_future_is_waited_for,
    the_others_are_dropped_at_once_and_newest_first,
);
