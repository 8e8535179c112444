//! Deadlines follow tokio's clock, wherever they are made and polled.

use std::{
    cell::OnceCell,
    future::poll_fn,
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
        mpsc,
    },
    task::{Context, Poll, Wake, Waker},
    time::{Duration, Instant},
};

use purview_core::Timer;
use purview_tokio::Tokio;
use tokio::{
    runtime::{Builder, Runtime},
    task::coop,
};

const HOUR: Duration = Duration::from_secs(3600);

fn multi_thread() -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(1)
        .enable_time()
        .build()
        .unwrap()
}

fn poll_once(fut: &mut Pin<Box<dyn Future<Output = ()> + Send>>) -> Poll<()> {
    fut.as_mut().poll(&mut Context::from_waker(Waker::noop()))
}

fn end_of_time() -> Instant {
    let (mut at, mut step) = (Instant::now(), Duration::MAX);
    while step > Duration::ZERO {
        match at.checked_add(step) {
            Some(later) => at = later,
            None => step /= 2,
        }
    }
    at
}

#[tokio::test]
async fn a_timer_fires_when_its_time_has_come() {
    let tokio = Tokio::current();
    let at = tokio.now() + Duration::from_millis(2);
    tokio.sleep_until(at).await;
    assert!(tokio.now() >= at);
}

#[tokio::test(start_paused = true)]
async fn a_paused_clock_moves_deadlines() {
    let tokio = Tokio::current();
    let (start, real_start) = (tokio.now(), Instant::now());
    tokio.sleep_until(start + HOUR).await;
    assert!(tokio.now() >= start + HOUR);
    assert!(real_start.elapsed() < HOUR);
}

#[tokio::test(start_paused = true)]
async fn a_timer_waits_for_a_clock_that_is_advanced_by_hand() {
    let tokio = Tokio::current();
    let mut sleep = tokio.sleep_until(tokio.now() + HOUR);
    assert!(poll_once(&mut sleep).is_pending());
    tokio::time::advance(HOUR / 2).await;
    assert!(poll_once(&mut sleep).is_pending());
    tokio::time::advance(HOUR / 2 + Duration::from_millis(1)).await;
    assert!(poll_once(&mut sleep).is_ready());
}

#[test]
fn a_paused_clock_is_read_from_outside_its_runtime() {
    let runtime = Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    let tokio = Tokio::new(runtime.handle().clone());
    let start = tokio.now();
    assert_eq!(tokio.now(), start);
    runtime.block_on(tokio::time::advance(HOUR));
    assert_eq!(tokio.now(), start + HOUR);
}

#[test]
fn a_timer_made_and_polled_outside_the_runtime_fires() {
    let runtime = multi_thread();
    let tokio = Tokio::from(runtime.handle().clone());
    let at = tokio.now() + Duration::from_millis(2);
    futures_executor::block_on(tokio.sleep_until(at));
    assert!(tokio.now() >= at);
}

#[test]
fn a_timer_of_one_runtime_fires_inside_another() {
    let (here, there) = (multi_thread(), multi_thread());
    let tokio = Tokio::new(there.handle().clone());
    let at = tokio.now() + Duration::from_millis(2);
    here.block_on(tokio.sleep_until(at));
    assert!(tokio.now() >= at);
}

#[tokio::test(start_paused = true)]
async fn a_deadline_fires_although_the_budget_of_the_task_is_spent() {
    let tokio = Tokio::current();
    let mut deadline = tokio.sleep_until(tokio.now() + HOUR);
    assert!(poll_once(&mut deadline).is_pending());
    let mut control = Box::pin(tokio::time::sleep(HOUR));
    assert!(
        control
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
            .is_pending()
    );
    tokio::time::advance(HOUR + Duration::from_millis(1)).await;

    poll_fn(|cx| {
        while coop::has_budget_remaining() {
            let _ = pin!(tokio::task::consume_budget()).poll(cx);
        }
        assert!(
            control.as_mut().poll(cx).is_pending(),
            "tokio's own timer obeys the budget, or this test shows nothing"
        );
        assert!(deadline.as_mut().poll(cx).is_ready());
        Poll::Ready(())
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_deadline_first_polled_with_a_spent_budget_is_registered() {
    let tokio = Tokio::current();
    let mut deadline = tokio.sleep_until(tokio.now() + HOUR);
    poll_fn(|cx| {
        while coop::has_budget_remaining() {
            let _ = pin!(tokio::task::consume_budget()).poll(cx);
        }
        assert!(deadline.as_mut().poll(cx).is_pending());
        Poll::Ready(())
    })
    .await;
    let start = tokio.now();
    deadline.await;
    assert!(tokio.now() >= start + HOUR);
}

#[tokio::test]
async fn the_end_of_time_is_a_deadline_like_any_other() {
    let tokio = Tokio::current();
    assert!(poll_once(&mut tokio.sleep_until(end_of_time())).is_pending());
}

#[tokio::test]
async fn a_past_instant_is_ready_at_once() {
    let tokio = Tokio::current();
    assert!(poll_once(&mut tokio.sleep_until(tokio.now())).is_ready());
}

struct Wakes(AtomicUsize);
impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Relaxed);
    }
}

#[tokio::test(start_paused = true)]
async fn a_dropped_timer_wakes_nothing() {
    let tokio = Tokio::current();
    let counter = Arc::new(Wakes(AtomicUsize::new(0)));
    let waker = Waker::from(Arc::clone(&counter));
    let [mut kept, mut dropped] = [(); 2].map(|()| tokio.sleep_until(tokio.now() + HOUR));
    assert!(kept.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    assert!(dropped.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    drop(dropped);
    tokio.sleep_until(tokio.now() + 2 * HOUR).await;
    assert_eq!(counter.0.load(Relaxed), 1);
}

#[test]
fn the_destructor_of_a_thread_local_may_ask_for_the_time() {
    struct Asks(OnceCell<(Tokio, mpsc::Sender<bool>)>);
    impl Drop for Asks {
        fn drop(&mut self) {
            let (tokio, tx) = self.0.take().unwrap();
            let at = tokio.now();
            drop(tokio.sleep_until(at + HOUR));
            tx.send(Tokio::try_current().is_err_and(|e| e.is_thread_local_destroyed()))
                .unwrap();
        }
    }
    thread_local!(static ASKS: Asks = const { Asks(OnceCell::new()) });

    let runtime = multi_thread();
    let tokio = Tokio::new(runtime.handle().clone());
    let (tx, rx) = mpsc::channel();
    let end = std::thread::spawn(move || {
        // Made first, it is destroyed last: after tokio's own.
        ASKS.with(|asks| asks.0.set((tokio.clone(), tx)).unwrap());
        tokio.now();
    });
    end.join().unwrap();
    assert!(
        rx.recv().unwrap(),
        "tokio's thread-local was still there, so this test shows nothing"
    );
}

#[test]
fn no_runtime_around_the_caller_is_an_error_or_a_panic_that_says_so() {
    assert!(Tokio::try_current().is_err());
    let payload = std::panic::catch_unwind(Tokio::current).unwrap_err();
    let message = payload.downcast_ref::<String>().unwrap();
    assert!(message.contains("needs a tokio runtime around it"), "{message}");
}
