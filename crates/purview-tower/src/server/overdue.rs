//! When a request is late; and a body whose deadline passes while the server does not poll it, because the client does
//! not read.

use std::{
    future::poll_fn,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
    time::Duration,
};

use http_body::Body;
use purview_core::{CancelReason, Runtime, runtime::Instant};

use super::{caller::Way, exchange::Exchange};

/// A body that is polled sees its deadline itself, and may have one more frame to give. So much later it is taken.
const SLACK: Duration = Duration::from_millis(50);

/// When a request is late, on which clock.
#[derive(Clone)]
pub(super) struct Due {
    pub(super) at: Instant,
    pub(super) runtime: Arc<dyn Runtime>,
}

impl Due {
    /// `None` where there is no such time.
    pub(super) fn after(timeout: Duration, runtime: Arc<dyn Runtime>) -> Option<Self> {
        let at = runtime.now().checked_add(timeout)?;
        Some(Self { at, runtime })
    }

    pub(super) fn left(&self) -> Duration {
        self.at.saturating_duration_since(self.runtime.now())
    }
}

/// Where a request is between two polls of its body, so that its deadline can take it from there. Dropped by that, it is
/// cleaned up by the driver of the service's scope.
pub(super) struct GuestSlot<E>(Mutex<State<E>>);

struct State<E> {
    request: Request<E>,
    /// What waits for the deadline.
    watch: Option<Waker>,
}

enum Request<E> {
    Here(Way<E>),
    Polled,
    /// Taken by its deadline.
    Cut,
    /// It needs no watch any more.
    Over,
}

impl<E> GuestSlot<E> {
    /// Cuts the request at `due` unless it is over by then. Where the runtime has no executor, only a poll does.
    pub(super) fn watched<B, Err>(way: Way<E>, due: &Due, exchange: Arc<Exchange<B, Err>>) -> Arc<Self>
    where
        B: Body<Data: Send, Error: Send> + Send + 'static,
        Err: Send + 'static,
        E: Send + 'static,
    {
        let slot = Arc::new(Self(Mutex::new(State {
            request: Request::Here(way),
            watch: None,
        })));
        let watched = slot.clone();
        let at = due.at.checked_add(SLACK).unwrap_or(due.at);
        let mut late = due.runtime.sleep_until(at);
        let watch = async move {
            let cut = poll_fn(|cx| {
                if watched.is_over(cx) {
                    return Poll::Ready(false);
                }
                late.as_mut().poll(cx).map(|()| true)
            });
            if cut.await {
                exchange.stop(CancelReason::DeadlineExceeded);
                watched.set(Request::Cut);
            }
        };
        drop(due.runtime.spawn(Box::pin(watch)));
        slot
    }

    /// For a poll. There is none where the deadline has taken it, or it has ended.
    pub(super) fn take(&self) -> Option<Way<E>> {
        let mut state = self.lock();
        match mem::replace(&mut state.request, Request::Polled) {
            Request::Here(way) => Some(way),
            other => {
                state.request = other;
                None
            }
        }
    }

    /// After a poll; `None` where it has ended.
    pub(super) fn put_back(&self, way: Option<Way<E>>) {
        self.set(way.map_or(Request::Over, Request::Here));
    }

    fn set(&self, request: Request<E>) {
        let (left, watch) = {
            let mut state = self.lock();
            let left = match (&state.request, request) {
                // The deadline came during the poll.
                (Request::Cut, late @ Request::Here(_)) => late,
                (Request::Cut | Request::Over, _) => return,
                (_, request) => mem::replace(&mut state.request, request),
            };
            let over = matches!(state.request, Request::Over);
            (left, if over { state.watch.take() } else { None })
        };
        // Outside the lock: it is the user's future.
        drop(left);
        watch.into_iter().for_each(Waker::wake);
    }

    fn is_over(&self, cx: &Context<'_>) -> bool {
        let waker = cx.waker().clone();
        let mut state = self.lock();
        let over = matches!(state.request, Request::Over);
        let old = state.watch.replace(waker);
        drop(state);
        drop(old);
        over
    }

    fn lock(&self) -> MutexGuard<'_, State<E>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
