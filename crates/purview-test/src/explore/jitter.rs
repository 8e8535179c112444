use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

use crate::VirtualRuntime;

/// Has [`explore`](crate::explore()) reach into a scope: `future` is polled later than it was woken, or without having
/// been woken, or with a waker of its own for each poll, by seed.
///
/// The children of a scope share one task, and the scope polls them in the order of their wakes; the explorer decides
/// when that task runs, not what happens inside. A child wrapped in `jitter` is delayed at random, so that its siblings
/// overtake it. Without an exploring runtime around it, this is `future` itself.
///
/// # Cancel safety
///
/// That of `future`, which is dropped with it.
///
/// # Examples
///
/// Three children that race for a place; wrapped, each of them wins under some seed.
///
/// ```
/// use purview_test::{explore, jitter};
/// use std::{collections::BTreeSet, sync::Mutex};
///
/// let winners = Mutex::new(BTreeSet::new());
/// explore(100, || async {
///     let order = Mutex::new(Vec::new());
///     purview_core::scope(async |s| {
///         for child in 0..3 {
///             let order = &order;
///             s.spawn(jitter(async move { order.lock().unwrap().push(child) }));
///         }
///     })
///     .await;
///     winners.lock().unwrap().insert(order.into_inner().unwrap()[0]);
/// });
/// assert_eq!(winners.into_inner().unwrap(), BTreeSet::from([0, 1, 2]));
/// ```
pub fn jitter<F: Future>(future: F) -> Jitter<F> {
    Jitter {
        future: Box::pin(future),
        latest: Arc::default(),
    }
}

/// The future of [`jitter`].
#[derive(Debug)]
#[must_use = "futures do nothing until awaited"]
pub struct Jitter<F> {
    future: Pin<Box<F>>,
    /// The number of the latest waker that was handed out.
    latest: Arc<AtomicU64>,
}

impl<F: Future> Future for Jitter<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let Some(runtime) = VirtualRuntime::current() else {
            return self.future.as_mut().poll(cx);
        };
        if runtime.delays() {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let poll = if runtime.has_foreign_wakers() {
            let waker = self.renewed(&runtime, cx.waker());
            self.future.as_mut().poll(&mut Context::from_waker(&waker))
        } else {
            self.future.as_mut().poll(cx)
        };
        if poll.is_pending() && runtime.polls_spuriously() {
            cx.waker().wake_by_ref();
        }
        poll
    }
}

impl<F> Jitter<F> {
    /// A waker for one poll, which wakes nothing once the next poll has got one.
    fn renewed(&self, runtime: &VirtualRuntime, inner: &Waker) -> Waker {
        let number = self.latest.fetch_add(1, Ordering::Relaxed) + 1;
        Waker::from(Arc::new(OfOnePoll {
            ignored: runtime.ignored_wakes(),
            inner: inner.clone(),
            number,
            latest: Arc::clone(&self.latest),
        }))
    }
}

struct OfOnePoll<I> {
    /// Has it counted that it woke nothing.
    ignored: I,
    inner: Waker,
    number: u64,
    latest: Arc<AtomicU64>,
}

impl<I: Fn() + Send + Sync + 'static> Wake for OfOnePoll<I> {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.latest.load(Ordering::Relaxed) == self.number {
            self.inner.wake_by_ref();
        } else {
            (self.ignored)();
        }
    }
}
