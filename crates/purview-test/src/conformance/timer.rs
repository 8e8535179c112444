//! What a [`Timer`](purview_core::Timer) must keep to.

use std::{
    sync::Arc,
    task::{Context, Waker},
    thread,
    time::Duration,
};

use super::{
    case::{Case, poll_once},
    signal::{SetsWhenWoken, Signal},
    watch::TIMER,
};

const MILLISECOND: Duration = Duration::from_millis(1);
const HOUR: Duration = Duration::from_secs(3600);

/// When a timer completes, its own clock has reached the instant.
pub async fn timers_are_never_early(case: Case) {
    for delay in [0, 1, 2, 5, 13] {
        let at = case.runtime.now() + delay * MILLISECOND;
        case.wait(TIMER, case.runtime.sleep_until(at)).await;
        let early = at.saturating_duration_since(case.runtime.now());
        assert!(
            early.is_zero(),
            "a timer of {delay} ms was early by {early:?}: `now` and the timer may be two clocks"
        );
    }
}

/// A timer for an instant that has passed is ready at its first poll.
pub async fn timers_for_the_past_are_ready_at_once(case: Case) {
    case.sleep(2 * MILLISECOND).await;
    let now = case.runtime.now();
    for passed in [Some(now), now.checked_sub(MILLISECOND), now.checked_sub(HOUR)]
        .into_iter()
        .flatten()
    {
        let mut sleep = case.runtime.sleep_until(passed);
        if poll_once(&mut sleep).is_pending() {
            case.wait("a timer for an instant that has passed does not complete", sleep)
                .await;
            panic!(
                "a timer for {:?} before `now` was not ready at its first poll, but after {:?}: `now` and the timer may \
                 be two clocks",
                now - passed,
                case.runtime.now().saturating_duration_since(now)
            );
        }
    }
}

/// When a timer has completed, so have those that were due well before.
pub async fn timers_complete_in_the_order_of_their_instants(case: Case) {
    let now = case.runtime.now();
    let mut earlier = case.runtime.sleep_until(now + MILLISECOND);
    let mut later = case.runtime.sleep_until(now + 30 * MILLISECOND);
    // On a slow machine its time has come before it is polled.
    let was_ready = poll_once(&mut earlier).is_ready();
    case.wait(TIMER, later.as_mut()).await;
    assert!(
        was_ready || poll_once(&mut earlier).is_ready(),
        "a timer completed, and one that was due 29 ms before had not"
    );
}

/// A dropped timer drops its waker, and does not call it.
pub async fn dropped_timers_release_their_wakers(case: Case) {
    let woken = Arc::new(SetsWhenWoken::default());
    let waker = Waker::from(Arc::clone(&woken));
    let mut sleep = case.runtime.sleep_until(case.runtime.now() + HOUR);
    assert!(sleep.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    drop((sleep, waker));
    case.eventually("a dropped timer keeps its waker", || Arc::strong_count(&woken) == 1)
        .await;
    assert!(!woken.0.is_set(), "a dropped timer called its waker");
}

/// A timer can be made and polled on a thread that the runtime knows nothing of, and awaited by a waker of any kind.
pub async fn timers_work_on_any_thread(case: Case) {
    let fired = Signal::default();
    let (runtime, waker) = (Arc::clone(&case.runtime), fired.waker());
    let other = thread::spawn(move || {
        let mut sleep = runtime.sleep_until(runtime.now() + MILLISECOND);
        if sleep.as_mut().poll(&mut Context::from_waker(&waker)).is_ready() {
            waker.wake();
            return None;
        }
        Some(sleep)
    });
    case.wait(
        "a timer that was polled on a thread of the test's own did not call its waker",
        fired.wait(),
    )
    .await;
    let unfinished = other.join().expect("making and polling a timer does not panic");
    if let Some(sleep) = unfinished {
        case.wait(TIMER, sleep).await;
    }
}

/// Timers for instants that never come wait like any other, and do not panic.
#[allow(clippy::unused_async, reason = "the tests of the suite are all called alike")]
pub async fn timers_for_far_instants_wait(case: Case) {
    let now = case.runtime.now();
    let mut far = Duration::from_secs(u64::MAX / 2);
    while now.checked_add(far).is_none() {
        far /= 2;
    }
    for delay in [far, Duration::from_secs(1 << 40), 100 * 365 * 24 * HOUR] {
        if let Some(at) = now.checked_add(delay) {
            let mut sleep = case.runtime.sleep_until(at);
            assert!(poll_once(&mut sleep).is_pending(), "{delay:?}");
            assert!(poll_once(&mut sleep).is_pending(), "{delay:?}, polled again");
        }
    }
}

/// The clock goes forward or stands still.
pub async fn the_clock_never_goes_back(case: Case) {
    let mut before = case.runtime.now();
    for round in 0..1000 {
        if round % 250 == 0 {
            case.sleep(MILLISECOND).await;
        }
        let now = case.runtime.now();
        assert!(now >= before);
        before = now;
    }
}

/// A timer that was polled with two wakers wakes the second.
pub async fn timers_wake_the_latest_waker(case: Case) {
    let [first, second] = [Signal::default(), Signal::default()];
    let mut sleep = case.runtime.sleep_until(case.runtime.now() + 10 * MILLISECOND);
    for signal in [&first, &second] {
        if sleep
            .as_mut()
            .poll(&mut Context::from_waker(&signal.waker()))
            .is_ready()
        {
            return;
        }
    }
    case.wait(
        "a timer that was polled with two wakers did not wake the second",
        second.wait(),
    )
    .await;
    case.wait(TIMER, sleep).await;
}

/// Many timers at a time all complete.
pub async fn many_timers_all_complete(case: Case) {
    let now = case.runtime.now();
    let delays = (0..1000).map(|n| (n * 7919 % 1000) * (5 * MILLISECOND) / 1000);
    let mut sleeps: Vec<_> = delays.map(|delay| case.runtime.sleep_until(now + delay)).collect();
    sleeps.retain_mut(|sleep| poll_once(sleep).is_pending());
    for sleep in sleeps {
        case.wait(TIMER, sleep).await;
    }
}
