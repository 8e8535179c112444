//! Programs with a defect that a plain schedule hides.

use std::{
    any::Any,
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    task::{Poll, Waker},
    time::Duration,
};

use futures::{channel::oneshot, future::join, lock::Mutex as AsyncMutex};
use purview_core::Timer;
use purview_test::{VirtualRuntime, yield_now};

/// What a panic says.
fn text(payload: &(dyn Any + Send)) -> &str {
    payload
        .downcast_ref::<String>()
        .map(String::as_str)
        .or(payload.downcast_ref().copied())
        .unwrap_or("?")
}

pub(crate) fn failure<T>(program: impl FnOnce() -> T) -> Option<String> {
    catch_unwind(AssertUnwindSafe(program))
        .err()
        .map(|payload| text(&*payload).to_owned())
}

/// Runs `future` as a task of the virtual runtime, and gives its output.
pub(crate) fn spawn<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> impl Future<Output = T> {
    let (tell, told) = oneshot::channel();
    let runtime = VirtualRuntime::current().expect("inside a virtual runtime");
    let task = async move { drop(tell.send(future.await)) };
    runtime.spawn(task);
    async { told.await.expect("the task ends") }
}

/// An event that keeps the first waker it sees, and so misses a wake-up when it is polled again with another.
#[derive(Default)]
struct KeepsTheFirstWaker {
    set: AtomicBool,
    waker: Mutex<Option<Waker>>,
}

impl KeepsTheFirstWaker {
    fn set(&self) {
        self.set.store(true, Ordering::SeqCst);
        let waker = self.waker.lock().unwrap().take();
        waker.inspect(Waker::wake_by_ref);
    }

    async fn wait(&self) {
        poll_fn(|cx| {
            if self.set.load(Ordering::SeqCst) {
                return Poll::Ready(());
            }
            self.waker.lock().unwrap().get_or_insert_with(|| cx.waker().clone());
            Poll::Pending
        })
        .await;
    }
}

pub(crate) async fn waits_for_an_event_that_keeps_the_first_waker() {
    let event = KeepsTheFirstWaker::default();
    let rt = VirtualRuntime::current().unwrap();
    let mut woken_in_between = rt.sleep_until(rt.now() + Duration::from_secs(1));
    let setter = async {
        (&mut woken_in_between).await;
        yield_now().await;
        event.set();
    };
    join(event.wait(), setter).await;
}

/// Two tasks take two locks in opposite order, and look up in between.
pub(crate) async fn takes_two_locks_in_opposite_order() {
    let locks = Arc::new([AsyncMutex::new(()), AsyncMutex::new(())]);
    let both = [[0, 1], [1, 0]].map(|[first, second]| {
        let locks = Arc::clone(&locks);
        spawn(async move {
            let _first = locks[first].lock().await;
            yield_now().await;
            let _second = locks[second].lock().await;
        })
    });
    let [one, other] = both;
    join(one, other).await;
}

/// The order in which two tasks push.
pub(crate) async fn pushes_in_the_order_of_the_schedule() -> Vec<u32> {
    let pushed = Arc::new(Mutex::new(Vec::new()));
    let [one, other] = [1, 2].map(|number| {
        let pushed = Arc::clone(&pushed);
        spawn(async move { pushed.lock().unwrap().push(number) })
    });
    join(one, other).await;
    Arc::into_inner(pushed)
        .expect("both tasks have ended")
        .into_inner()
        .unwrap()
}
