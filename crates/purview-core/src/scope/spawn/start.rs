use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use pin_project_lite::pin_project;

use super::{NewTask, TaskOptions, ready_cell::ReadyCell};
use crate::{
    cancel::CancelReason,
    context::Env,
    engine::{ByNode, Member, pass::Turn},
    error::{AlreadyReady, StartError},
    inspect::{self, WaitsFor},
    panic::catch,
    policy::{End, Fallible},
    scope::{
        child::{Child, Verdict, note_outcome, report, withhold_panic},
        handle::Scope,
        kind::{Boxed, Kind, Local, Threads},
        slot::{JoinSlot, Take},
    },
    tree::TaskNode,
};

/// How a child says that it is ready: see [`Scope::start`].
pub struct Ready<V> {
    ready: Arc<ReadyCell<V>>,
}

impl<V> Ready<V> {
    /// Lets [`start`](Scope::start) return `value`; the child keeps running.
    ///
    /// # Errors
    ///
    /// [`AlreadyReady`] the second time; the value is dropped.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use purview::AlreadyReady;
    ///
    /// let run = purview::try_scope(async |s| {
    ///     let port = s.start(async |ready| {
    ///         assert_eq!(ready.set(80), Ok(()));
    ///         assert_eq!(ready.set(81), Err(AlreadyReady));
    ///         Ok::<_, ()>(())
    ///     });
    ///     Ok::<u16, ()>(port.await.unwrap())
    /// });
    /// assert_eq!(purview::block_on(run), Ok(80));
    /// ```
    pub fn set(&self, value: V) -> Result<(), AlreadyReady> {
        self.ready.set(value)
    }
}

impl<V> fmt::Debug for Ready<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ready")
            .field("set", &self.ready.is_set())
            .finish_non_exhaustive()
    }
}

/// The future of [`Scope::start`]; dropping it before that child is ready cancels the child, and no other.
#[must_use = "dropping it before the child is ready cancels the child: await it"]
pub struct Start<V, E> {
    ready: Arc<ReadyCell<V>>,
    failed: Arc<JoinSlot<StartError<E>>>,
    task: Arc<TaskNode>,
    done: bool,
}

impl<V, E> Future for Start<V, E> {
    type Output = Result<V, StartError<E>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        assert!(!this.done, "`start` was polled after it had completed");
        if let Some(value) = this.ready.poll(cx) {
            this.done = true;
            return Poll::Ready(Ok(value));
        }
        match this.failed.poll(cx) {
            Take::Value(error) => {
                this.done = true;
                Poll::Ready(Err(error))
            }
            Take::NotYet | Take::Taken | Take::Never => {
                inspect::waits(|| WaitsFor::Ready(this.task.info.clone()));
                Poll::Pending
            }
        }
    }
}

impl<V, E> Drop for Start<V, E> {
    fn drop(&mut self) {
        // A child that is ready runs on, maybe for ever.
        self.failed.forget_waiter();
        self.ready.forget_waiter();
        if !self.done && !self.ready.is_set() {
            self.task.cancel(CancelReason::Requested(Some(
                "its `start` was dropped before it was ready".into(),
            )));
        }
    }
}

impl<V, E> fmt::Debug for Start<V, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Start")
            .field("task", &self.task.info)
            .field("done", &self.done)
            .finish_non_exhaustive()
    }
}

impl<'env, P: Fallible, K: Kind> Scope<'env, P, K> {
    #[track_caller]
    fn start_as<V, T, F, Fut>(
        &self,
        f: F,
        forget: impl FnOnce(Box<Starting<P, V, T, Fut>>) -> Boxed<'env, P, K>,
    ) -> Start<V, P::Error>
    where
        F: FnOnce(Ready<V>) -> Fut,
    {
        let shared = &self.shared;
        let mut new = NewTask::with_node(shared, TaskOptions::default(), inspect::Kind::Child);
        let task = new.env.task().expect("made just above").clone();
        let (ready, failed) = (ReadyCell::new(), new.slot(shared));
        let start = Start {
            ready: ready.clone(),
            failed: failed.clone(),
            task: task.clone(),
            done: false,
        };
        let refuse = |reason| {
            shared.end_refused(Some(&task), || task.info.clone());
            failed.fill(Some(StartError::Cancelled(reason)));
        };
        if let Some(reason) = shared.refusal() {
            refuse(reason.into_cancel_reason());
            return start;
        }
        let fut = f(Ready { ready: ready.clone() });
        let has_place = shared.place_for(&mut new.env);
        let child = Starting {
            ready,
            failed: failed.clone(),
            slot: new.slot(shared),
            end: None,
            member: Member::new(fut, new.env),
        };
        if let Err(child) = shared.enlist(has_place, Box::new(child), forget) {
            drop(child);
            refuse(CancelReason::Ended);
        }
        start
    }
}

impl<'env, P: Fallible + Send + 'env> Scope<'env, P, Threads> {
    /// Starts a child that first has to get ready, and returns what it is ready with; the child then keeps running
    /// in the scope. Taken from trio's `nursery.start`.
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
    /// Dropping the future before the child is ready cancels the child. After that it drops the value that the child is
    /// ready with, and the child stays, as in trio.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// let port = purview::block_on(purview::try_scope(async |s| {
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
    #[track_caller]
    pub fn start<V, T, F, Fut>(&self, f: F) -> Start<V, P::Error>
    where
        F: FnOnce(Ready<V>) -> Fut,
        Fut: Future<Output = P::Child<T>> + Send + 'env,
        V: 'env + Send,
        T: 'env + Send,
        P::Joined<T>: 'env + Send,
        P::Child<T>: 'env + Send,
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
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// let run = purview::try_local_scope(async |s| {
    ///     let port = s.start(async |ready| {
    ///         ready.set(std::rc::Rc::new(80)).ok();
    ///         Ok::<_, ()>(())
    ///     });
    ///     Ok::<u16, ()>(*port.await.unwrap())
    /// });
    /// assert_eq!(purview::block_on(run), Ok(80));
    /// ```
    #[track_caller]
    pub fn start<V, T, F, Fut>(&self, f: F) -> Start<V, P::Error>
    where
        F: FnOnce(Ready<V>) -> Fut,
        Fut: Future<Output = P::Child<T>> + 'env,
        V: 'env,
        T: 'env,
        P::Joined<T>: 'env,
        P::Child<T>: 'env,
    {
        self.start_as(f, |child| Box::into_pin(child))
    }
}

pin_project! {
    /// A child whose failures are its starter's until it is ready.
    struct Starting<P: Fallible, V, T, F> {
        ready: Arc<ReadyCell<V>>,
        failed: Arc<JoinSlot<StartError<P::Error>>>,
        slot: Arc<JoinSlot<P::Joined<T>>>,
        end: Option<End<P::Child<T>>>,
        #[pin]
        member: Member<F>,
    }
}

impl<P: Fallible, V, T, F: Future<Output = P::Child<T>>> Child<P> for Starting<P, V, T, F> {
    fn env(&self) -> &Env {
        self.member.env()
    }

    fn env_mut(self: Pin<&mut Self>) -> &mut Env {
        self.project().member.env_mut()
    }

    fn stopped_alone(&self) -> Option<CancelReason> {
        self.slot.stopped(self.member.env())
    }

    fn poll(self: Pin<&mut Self>, turn: &mut Turn, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.project();
        *this.end = Some(ready!(this.member.poll_in_turn(&ByNode, turn, cx)));
        Poll::Ready(())
    }

    fn cut(self: Pin<&mut Self>, reason: CancelReason) -> Poll<()> {
        let this = self.project();
        *this.end = Some(this.member.cut(reason));
        Poll::Ready(())
    }

    fn report(self: Pin<&mut Self>, policy: &mut P, abandoned: Option<&CancelReason>) -> Verdict {
        let this = self.project();
        let end = this.end.take().expect("a child that has ended says how");
        let noted = note_outcome::<P, T>(this.member.env_mut(), &end);
        if this.ready.close() {
            let mut verdict = report::<P, T>(policy, this.slot, end, abandoned);
            verdict.comes_after(noted);
            return verdict;
        }
        let failed = this.failed;
        let (end, raised) = withhold_panic(end, abandoned);
        let panicked = matches!(end, End::Panicked(_));
        let cancelled = matches!(end, End::Cancelled(_));
        let error = match end {
            End::Returned(child) => {
                catch(|| P::into_result(child).map_or_else(StartError::Failed, |_| StartError::NeverReady))
            }
            End::Panicked(panic) => Ok(StartError::Panicked(panic)),
            End::Cancelled(reason) => Ok(StartError::Cancelled(reason)),
        };
        let (error, asked) = match error {
            Ok(error) => (error, None),
            // What waits is told all the same: it may be outside the scope.
            Err(panic) => (StartError::Cancelled(CancelReason::Panicked), Some(panic)),
        };
        let mut verdict = match catch(|| failed.fill(Some(error))) {
            Ok(()) => Verdict {
                panicked,
                cancelled,
                raised,
                ..Verdict::quiet()
            },
            Err(panic) => Verdict::raised(panic),
        };
        verdict.comes_after(asked);
        verdict.comes_after(noted);
        verdict
    }

    fn is_unclaimed(&self) -> bool {
        self.slot.is_unclaimed()
    }

    fn is_awaited(&self) -> bool {
        self.slot.is_awaited()
    }

    fn reclaim(self: Pin<&mut Self>, policy: &mut P) {
        let slot = self.project().slot;
        slot.reclaim(|joined| policy.unclaimed::<T>(&slot.info(), joined));
    }
}
