use std::{
    fmt,
    pin::Pin,
    sync::{Arc, PoisonError},
    task::{Context, Poll, Waker, ready},
};

use pin_project_lite::pin_project;

use super::{
    child::{Child, Verdict, Work, report},
    desk::Desk,
    handle::Scope,
    kind::{Boxed, Kind, Local, Threads},
    spawn::refuse_frame,
    task::{Slot, Take},
};
use crate::{
    cancel::CancelReason,
    census::{self, Wait},
    context::Frame,
    error::{AlreadyReady, StartError, catch},
    policy::{End, Fallible},
    sync::{Mutex, MutexGuard},
};

/// How a child says that it is ready: see [`Scope::start`].
pub struct Ready<V> {
    mark: Arc<Mark<V>>,
}

impl<V> Ready<V> {
    /// Lets [`start`](Scope::start) return `value`; the child goes on.
    ///
    /// # Errors
    ///
    /// [`AlreadyReady`] the second time; the value is dropped.
    pub fn set(&self, value: V) -> Result<(), AlreadyReady> {
        self.mark.set(value)
    }
}

impl<V> fmt::Debug for Ready<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ready")
            .field("set", &self.mark.is_set())
            .finish_non_exhaustive()
    }
}

/// The future of [`Scope::start`]; dropping it before it has completed cancels that child, and nobody else.
#[must_use = "dropping it cancels the child: await it"]
pub struct Start<V, E> {
    mark: Arc<Mark<V>>,
    failed: Arc<Slot<StartError<E>>>,
    frame: Arc<Frame>,
    done: bool,
}

impl<V, E> Future for Start<V, E> {
    type Output = Result<V, StartError<E>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        assert!(!this.done, "`start` was polled after it had completed");
        if let Some(value) = this.mark.poll(cx) {
            this.done = true;
            return Poll::Ready(Ok(value));
        }
        match this.failed.poll(cx) {
            Take::Value(error) => {
                this.done = true;
                Poll::Ready(Err(error))
            }
            Take::NotYet | Take::Taken | Take::Never => {
                census::waits(|| Wait::Ready(this.frame.info.clone()));
                Poll::Pending
            }
        }
    }
}

impl<V, E> Drop for Start<V, E> {
    fn drop(&mut self) {
        if !self.done && !self.mark.is_set() {
            self.frame
                .cancel(CancelReason::Requested(Some("nobody waits for it to be ready".into())));
        }
    }
}

impl<V, E> fmt::Debug for Start<V, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Start")
            .field("task", &self.frame.info)
            .field("done", &self.done)
            .finish_non_exhaustive()
    }
}

/// The value a child is ready with, on its way to who waits for it.
struct Mark<V>(Mutex<MarkState<V>>);

struct MarkState<V> {
    value: Option<V>,
    set: bool,
    /// The child has ended without being ready, which is what its starter hears.
    closed: bool,
    waker: Option<Waker>,
}

impl<V> Mark<V> {
    fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new(MarkState {
            value: None,
            set: false,
            closed: false,
            waker: None,
        })))
    }

    fn set(&self, value: V) -> Result<(), AlreadyReady> {
        let waker = {
            let mut mark = self.lock();
            if mark.set {
                drop(mark);
                return Err(AlreadyReady);
            }
            mark.set = true;
            if mark.closed {
                drop(mark);
                return Ok(());
            }
            mark.value = Some(value);
            // Seeded: who waits is not told.
            mark.waker
                .take()
                .filter(|_| !cfg!(purview_seeded_bug = "ready-silently"))
        };
        if let Some(waker) = waker {
            waker.wake();
        }
        Ok(())
    }

    /// The child has ended; gives whether it was ready by then.
    fn close(&self) -> bool {
        let mut mark = self.lock();
        mark.closed = !mark.set;
        mark.set
    }

    fn is_set(&self) -> bool {
        self.lock().set
    }

    fn poll(&self, cx: &Context<'_>) -> Option<V> {
        let waker = cx.waker().clone();
        let mut mark = self.lock();
        let value = mark.value.take();
        let old = if value.is_none() {
            mark.waker.replace(waker)
        } else {
            Some(waker)
        };
        drop(mark);
        drop(old);
        value
    }

    fn lock(&self) -> MutexGuard<'_, MarkState<V>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<'env, P: Fallible, K: Kind> Scope<'env, P, K> {
    fn start_as<V, T, F, Fut>(
        &self,
        f: F,
        forget: impl FnOnce(Box<Starting<P, V, T, Fut>>) -> Boxed<'env, P, K>,
    ) -> Start<V, P::Error>
    where
        F: FnOnce(Ready<V>) -> Fut,
    {
        let mut builder = self.task();
        let frame = builder.frame();
        let (mark, failed) = (Mark::new(), Slot::new());
        let start = Start {
            mark: mark.clone(),
            failed: failed.clone(),
            frame: frame.clone(),
            done: false,
        };
        if let Some(reason) = self.shared.refusal() {
            failed.fill(Some(StartError::Cancelled(refuse_frame(&frame, reason))));
            return start;
        }
        let work = Work::Running {
            fut: f(Ready { mark: mark.clone() }),
        };
        let child = Starting {
            frame: frame.clone(),
            mark,
            failed: failed.clone(),
            slot: Slot::new(),
            work,
        };
        if let Some(child) = builder.enlist(&frame, Box::new(child), forget) {
            drop(child);
            failed.fill(Some(StartError::Cancelled(refuse_frame(
                &frame,
                crate::RejectReason::Ended,
            ))));
        }
        start
    }
}

impl<'env, P: Fallible + Send + 'env> Scope<'env, P, Threads> {
    /// Starts a child that first has to get ready, and returns what it is ready with; the child then goes on in the
    /// scope. Taken from trio's `nursery.start`.
    ///
    /// What the child does before [`Ready::set`] concerns only the caller: an error is returned here and does not fail
    /// the scope. From then on it is a child like any other.
    ///
    /// # Errors
    ///
    /// [`StartError`] when the child failed, panicked, was cancelled or returned without being ready.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future before it has completed cancels the child.
    ///
    /// # Examples
    ///
    /// ```
    /// let port = purview_core::block_on(purview_core::try_scope(async |s| {
    ///     let port = s.start(async |ready| {
    ///         ready.set(80_u16).ok();
    ///         std::future::pending::<()>().await;
    ///         Ok::<_, std::io::Error>(())
    ///     });
    ///     let port = port.await;
    ///     s.cancel();
    ///     Ok(port.unwrap())
    /// }));
    /// assert_eq!(port.unwrap(), 80);
    /// ```
    pub fn start<V, T, F, Fut>(&self, f: F) -> Start<V, P::Error>
    where
        F: FnOnce(Ready<V>) -> Fut,
        Fut: Future<Output = P::Child<T>> + Send + 'env,
        V: 'env + Send,
        T: 'env + Send,
        P::Joined<T>: 'env + Send,
        P::Error: Send,
    {
        self.start_as(f, |child| Box::into_pin(child))
    }
}

impl<'env, P: Fallible + 'env> Scope<'env, P, Local> {
    /// As in a `Send` scope, for futures that need not be `Send`.
    ///
    /// # Errors
    ///
    /// [`StartError`] when the child failed, panicked, was cancelled or returned without being ready.
    pub fn start<V, T, F, Fut>(&self, f: F) -> Start<V, P::Error>
    where
        F: FnOnce(Ready<V>) -> Fut,
        Fut: Future<Output = P::Child<T>> + 'env,
        V: 'env,
        T: 'env,
        P::Joined<T>: 'env,
    {
        self.start_as(f, |child| Box::into_pin(child))
    }
}

pin_project! {
    /// A child whose failures are its starter's until it is ready.
    struct Starting<P: Fallible, V, T, F> {
        frame: Arc<Frame>,
        mark: Arc<Mark<V>>,
        failed: Arc<Slot<StartError<P::Error>>>,
        slot: Arc<Slot<P::Joined<T>>>,
        #[pin]
        work: Work<F>,
    }
}

impl<P: Fallible, V, T, F> Starting<P, V, T, F> {
    fn ended(self: Pin<&mut Self>, desk: &Desk<P>, end: End<P::Child<T>>) -> Verdict {
        let this = self.project();
        if this.mark.close() {
            return report::<P, T>(desk, this.frame, this.slot, end);
        }
        let failed = this.failed;
        let (end, raised) = desk.withhold_panic(end);
        let told = catch(|| {
            let error = match end {
                End::Returned(child) => {
                    P::into_result(child).map_or_else(StartError::Failed, |_| StartError::NeverReady)
                }
                End::Panicked(panic) => StartError::Panicked(panic),
                End::Cancelled(reason) => StartError::Cancelled(reason),
            };
            failed.fill(Some(error));
        });
        let told = told.map(|()| Verdict {
            raised,
            ..Verdict::quiet()
        });
        told.unwrap_or_else(Verdict::raised)
    }
}

impl<P: Fallible, V, T, F: Future<Output = P::Child<T>>> Child<P> for Starting<P, V, T, F> {
    fn frame(&self) -> &Arc<Frame> {
        &self.frame
    }

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>, desk: &Desk<P>) -> Poll<Verdict> {
        let this = self.as_mut().project();
        let end = ready!(this.work.poll(this.frame, cx));
        Poll::Ready(self.ended(desk, end))
    }

    fn cut(mut self: Pin<&mut Self>, reason: CancelReason, desk: &Desk<P>) -> Poll<Verdict> {
        let end = self.as_mut().project().work.cut(reason);
        Poll::Ready(self.ended(desk, end))
    }

    fn is_unclaimed(&self) -> bool {
        self.slot.is_unclaimed()
    }

    fn reclaim(self: Pin<&mut Self>, desk: &Desk<P>) {
        let this = self.project();
        this.slot
            .reclaim(|joined| desk.ask(|policy| policy.unclaimed::<T>(&this.frame.info, joined)));
    }
}
