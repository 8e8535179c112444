//! The virtual clock: it moves when all tasks wait, to the next timer and no further.

use std::{
    pin::pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
    thread,
    time::{Duration, Instant},
};

use futures::{FutureExt, channel::oneshot, future::join_all, poll};
use purview_core::Timer;
use purview_test::VirtualRuntime;

const SECOND: Duration = Duration::from_secs(1);

#[derive(Default)]
struct CountedWaker(AtomicUsize);

impl Wake for CountedWaker {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn starts_at_a_real_instant_and_stands_still() {
    let before = Instant::now();
    let rt = VirtualRuntime::new();
    let after = Instant::now();
    assert!((before..=after).contains(&rt.now()));
    assert_eq!(rt.now(), rt.now());
    assert_eq!(rt.elapsed(), Duration::ZERO);
}

#[test]
fn does_not_move_while_a_task_is_ready() {
    let rt = VirtualRuntime::new();
    rt.block_on(async {
        let mut sleep = pin!(rt.sleep_until(rt.now() + SECOND));
        for _ in 0..1000 {
            assert!(poll!(&mut sleep).is_pending());
            purview_test::yield_now().await;
        }
        assert_eq!(rt.elapsed(), Duration::ZERO);
    });
}

#[test]
fn jumps_to_the_next_timer_and_no_further() {
    let rt = VirtualRuntime::new();
    let start = rt.now();
    let seen = Mutex::new(Vec::new());
    rt.block_on(join_all([3, 1, 2].map(|seconds| {
        let sleep = rt.sleep_until(start + seconds * SECOND);
        sleep.map(|()| seen.lock().unwrap().push(rt.elapsed()))
    })));
    assert_eq!(*seen.lock().unwrap(), [SECOND, 2 * SECOND, 3 * SECOND]);
}

#[test]
fn timers_of_one_instant_fire_in_the_order_of_their_creation() {
    let rt = VirtualRuntime::new();
    let at = rt.now() + SECOND;
    let order = Arc::new(Mutex::new(Vec::new()));
    let mut sleeps: Vec<_> = (0..20).map(|_| rt.sleep_until(at)).collect();
    // Polled, and so armed, in the opposite order.
    while let Some(sleep) = sleeps.pop() {
        let (order, created) = (Arc::clone(&order), sleeps.len());
        rt.spawn(sleep.map(move |()| order.lock().unwrap().push(created)));
    }
    rt.block_on(rt.sleep_until(at));
    assert_eq!(*order.lock().unwrap(), (0..20).collect::<Vec<_>>());
}

#[test]
fn an_instant_that_has_passed_is_ready_at_the_first_poll() {
    let rt = VirtualRuntime::new();
    let start = rt.now();
    rt.advance(SECOND);
    for at in [start, start + SECOND] {
        assert_eq!(rt.sleep_until(at).now_or_never(), Some(()));
    }
}

#[test]
fn a_dropped_sleep_does_not_hold_the_clock_nor_its_waker() {
    let rt = VirtualRuntime::new();
    let counted = Arc::new(CountedWaker::default());
    let waker = Waker::from(Arc::clone(&counted));
    let mut sleep = rt.sleep_until(rt.now() + SECOND);
    assert!(sleep.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    drop((sleep, waker));
    assert_eq!(Arc::strong_count(&counted), 1);
    rt.block_on(rt.sleep_until(rt.now() + 2 * SECOND));
    assert_eq!(counted.0.load(Ordering::SeqCst), 0);
    assert_eq!(rt.elapsed(), 2 * SECOND);
}

#[test]
fn only_the_latest_waker_of_a_sleep_is_woken() {
    let rt = VirtualRuntime::new();
    let wakers = [0, 1].map(|_| Arc::new(CountedWaker::default()));
    let mut sleep = rt.sleep_until(rt.now() + SECOND);
    for waker in &wakers {
        let waker = Waker::from(Arc::clone(waker));
        assert!(sleep.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    }
    rt.advance(SECOND);
    assert_eq!(wakers.map(|w| w.0.load(Ordering::SeqCst)), [0, 1]);
}

#[test]
fn moved_by_hand_it_fires_what_is_due_and_keeps_the_rest() {
    let rt = VirtualRuntime::new().auto_advance(false);
    let fired = Arc::new(Mutex::new(Vec::new()));
    for seconds in 1..=3 {
        let fired = Arc::clone(&fired);
        let sleep = rt.sleep_until(rt.now() + seconds * SECOND);
        rt.spawn(sleep.map(move |()| fired.lock().unwrap().push(seconds)));
    }
    rt.run_until_stalled();
    assert!(fired.lock().unwrap().is_empty());
    rt.advance(2 * SECOND);
    rt.run_until_stalled();
    assert_eq!(*fired.lock().unwrap(), [1, 2]);
    assert_eq!(rt.elapsed(), 2 * SECOND);
}

#[test]
fn moved_by_hand_it_is_moved_from_another_thread() {
    let rt = VirtualRuntime::new()
        .auto_advance(false)
        .patience(Duration::from_secs(60));
    let (armed, is_armed) = oneshot::channel();
    let mover = thread::spawn({
        let rt = rt.clone();
        move || {
            futures::executor::block_on(is_armed).unwrap();
            rt.advance(SECOND);
        }
    });
    rt.block_on(async {
        let mut sleep = pin!(rt.sleep_until(rt.now() + SECOND));
        assert!(poll!(&mut sleep).is_pending());
        armed.send(()).unwrap();
        sleep.await;
    });
    mover.join().unwrap();
}

#[test]
fn far_instants_are_waited_for_in_no_time() {
    let rt = VirtualRuntime::new();
    let years = Duration::from_secs(1000 * 365 * 24 * 3600);
    rt.block_on(rt.sleep_until(rt.now() + years));
    assert_eq!(rt.elapsed(), years);
}

#[test]
fn a_task_that_spins_until_a_timer_fires_does_not_hold_the_clock() {
    let rt = VirtualRuntime::new();
    rt.block_on(async {
        let mut sleep = pin!(rt.sleep_until(rt.now() + SECOND));
        while poll!(&mut sleep) == Poll::Pending {
            purview_test::yield_now().await;
        }
    });
    assert_eq!(rt.elapsed(), SECOND);
}

#[test]
fn idle_completes_when_all_others_wait_and_before_the_clock_moves() {
    let rt = VirtualRuntime::new();
    let steps = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&steps);
    let sleep = rt.sleep_until(rt.now() + SECOND);
    rt.spawn(async move {
        for _ in 0..10 {
            counted.fetch_add(1, Ordering::SeqCst);
            purview_test::yield_now().await;
        }
        sleep.await;
        counted.fetch_add(1, Ordering::SeqCst);
    });
    rt.block_on(async {
        rt.idle().await;
        assert_eq!((steps.load(Ordering::SeqCst), rt.elapsed()), (10, Duration::ZERO));
        rt.sleep_until(rt.now() + SECOND).await;
        rt.idle().await;
        assert_eq!(steps.load(Ordering::SeqCst), 11);
    });
}
