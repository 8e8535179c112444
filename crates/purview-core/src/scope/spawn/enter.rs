use std::{
    fmt,
    panic::{RefUnwindSafe, UnwindSafe},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use super::{NewTask, TaskBuilder};
use crate::{
    cancel::CancelReason,
    error::{RejectReason, Rejected},
    inspect::{self, WaitsFor},
    policy::Policy,
    scope::{
        handle::Scope,
        kind::Kind,
        offload::{Awaited, Guest, Offloaded},
        slot::{JoinSlot, Take},
    },
};

impl<'env, P: Policy, K: Kind> Scope<'env, P, K> {
    /// Runs `fut` in the task that awaits the result, as a member of this scope: a *guest*.
    ///
    /// The task that awaits the guest polls it: a request of a web server, an executor's task, another scope. So guests of
    /// different tasks run in parallel. In all else a guest is like a child. Name, token, deadline, context values and holds
    /// are those of a child; [`len`](Self::len) and the [`limit`](crate::Builder::limit) count it, from this call on;
    /// [`shutdown`](Self::shutdown) signals it, waits for it and lists it in its [`Report`](crate::Report); its end goes to
    /// the policy. When the scope is cancelled, or its grace is over, the guest is dropped wherever it is, and a poll of it
    /// that is under way on another thread is waited for.
    ///
    /// A guest belongs to this scope alone: a timeout or a scope around the call is not seen inside, and can only drop
    /// the guest. Two nested calls take two places under the limit.
    ///
    /// It begins when it is first polled; under a limit or a [rate](crate::Builder::rate), when its turn has come. Its
    /// end is processed in the next pass of the scope, so the driver of an [open](crate::Builder::open) scope has to be
    /// polled in a task of its own: a guest whose driver is never polled does not resolve.
    ///
    /// # On drop
    ///
    /// Dropped while it waits for its turn, or before its first poll, the guest leaves the queue without having been
    /// polled. Dropped later, it is cancelled in two phases, as by [`Task::cancel`](crate::Task::cancel): its token
    /// fires; if it does not hold, it is dropped at once; if it holds (see [`shield`](crate::shield) and
    /// [`cancelled`](crate::cancelled), or a nested scope with finalizers), the scope polls it until it releases the hold,
    /// or the scope's grace has passed. This is how a server cleans up after a client that has left. The clean-up runs in
    /// the scope's task: context values are kept, the task-locals of the first task's executor are not.
    ///
    /// # Errors
    ///
    /// The reason, and the future is dropped unpolled, where the scope had ended, was closed or was cancelled before the
    /// guest began; whatever the policy. The reason too where the policy has no value for the guest's end:
    /// [`Failed`](CancelReason::Failed) for an error under [`fail_fast`](crate::fail_fast),
    /// [`Panicked`](CancelReason::Panicked) for a panic there, else why it was cancelled. Under
    /// [`settled`](crate::settled) a guest that has begun always has a value: `Ok(Err(TaskError::..))`.
    ///
    /// # Cancel safety
    ///
    /// Dropping it cancels the guest, as said above. Polled by reference it loses nothing.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use purview::settled;
    ///
    /// let (service, driver) = settled::<std::io::Error>().name("service").open();
    /// let worker = std::thread::spawn(|| purview::block_on(driver));
    /// // In a task of the server's, on whatever executor it is:
    /// let answer = purview::block_on(service.enter(async { Ok("hello") }));
    /// assert_eq!(answer.unwrap().unwrap(), "hello");
    /// drop(service);
    /// assert!(worker.join().unwrap().is_ok());
    /// ```
    #[track_caller]
    pub fn enter<T, F>(&self, fut: F) -> Entered<P::Joined<T>>
    where
        F: Future<Output = P::Child<T>> + Send + 'static,
        T: Send + 'static,
        P: 'env,
        P::Child<T>: Send,
        P::Joined<T>: Send,
    {
        self.task().enter(fut)
    }

    /// As [`enter`](Self::enter), without waiting in the queue under the limit.
    ///
    /// It has its place from this call on, until it ends or is dropped.
    ///
    /// # Errors
    ///
    /// [`Rejected`] with the future, unpolled, where the scope is cancelled, closed or over, or has as many members as
    /// its limit allows.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use purview::{RejectReason, settled};
    ///
    /// let (service, driver) = settled::<()>().limit(1).open();
    /// let first = service.try_enter(async { Ok(1) }).unwrap();
    /// let rejected = service.try_enter(async { Ok(2) }).unwrap_err();
    /// assert_eq!(*rejected.reason(), RejectReason::Full);
    /// # drop((first, driver));
    /// ```
    #[track_caller]
    pub fn try_enter<T, F>(&self, fut: F) -> Result<Entered<P::Joined<T>>, Rejected<F>>
    where
        F: Future<Output = P::Child<T>> + Send + 'static,
        T: Send + 'static,
        P: 'env,
        P::Child<T>: Send,
        P::Joined<T>: Send,
    {
        self.task().try_enter(fut)
    }
}

impl<'env, P: Policy, K: Kind> TaskBuilder<'env, P, K> {
    /// As [`Scope::enter`], with these options.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use purview::{current, settled};
    ///
    /// let (service, driver) = settled::<()>().open();
    /// let worker = std::thread::spawn(|| purview::block_on(driver));
    /// let guest = service.task().name("GET /x").enter(async { Ok(current().unwrap().name().to_owned()) });
    /// assert_eq!(purview::block_on(guest).unwrap().unwrap(), "GET /x");
    /// # drop(service);
    /// # worker.join().unwrap().unwrap();
    /// ```
    #[track_caller]
    pub fn enter<T, F>(self, fut: F) -> Entered<P::Joined<T>>
    where
        F: Future<Output = P::Child<T>> + Send + 'static,
        T: Send + 'static,
        P: 'env,
        P::Child<T>: Send,
        P::Joined<T>: Send,
    {
        let refusal = self.scope.shared.refusal();
        let entered = match refusal {
            None => self.enlist_guest::<T, F>(fut, false),
            Some(reason) => Err(Rejected::new(fut, reason)),
        };
        entered.unwrap_or_else(|rejected| {
            let reason = rejected.reason().clone().into_cancel_reason();
            drop(rejected);
            Entered(State::Refused(reason))
        })
    }

    /// As [`Scope::try_enter`], with these options.
    ///
    /// # Errors
    ///
    /// As [`Scope::try_enter`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// let (service, driver) = purview::settled::<()>().open();
    /// let guest = service.task().name("GET /x").try_enter(async { Ok(()) });
    /// assert!(guest.is_ok());
    /// # drop((guest, driver));
    /// ```
    #[track_caller]
    pub fn try_enter<T, F>(self, fut: F) -> Result<Entered<P::Joined<T>>, Rejected<F>>
    where
        F: Future<Output = P::Child<T>> + Send + 'static,
        T: Send + 'static,
        P: 'env,
        P::Child<T>: Send,
        P::Joined<T>: Send,
    {
        if let Err(reason) = self.scope.shared.try_place() {
            return Err(Rejected::new(fut, reason));
        }
        self.enlist_guest::<T, F>(fut, true)
    }

    #[track_caller]
    fn enlist_guest<T, F>(mut self, fut: F, has_place: bool) -> Result<Entered<P::Joined<T>>, Rejected<F>>
    where
        F: Future<Output = P::Child<T>> + Send + 'static,
        T: Send + 'static,
        P: 'env,
        P::Child<T>: Send,
        P::Joined<T>: Send,
    {
        let shared = &self.scope.shared;
        self.options.has_place = has_place;
        let mut new = NewTask::with_node(shared, self.options, inspect::Kind::Guest);
        let slot = new.slot(shared);
        let node = new.env.task().cloned();
        let has_place = shared.place_for(&mut new.env);
        // With a place, and without a rate, it need not wait for the engine.
        let guest = Guest::new(new.env.same(), fut, has_place && !shared.has_rate);
        let child = Box::new(Offloaded::<P, T, _>::new(new.env, slot.clone(), guest.clone()));
        match shared.enlist(has_place, child, |child| K::accept(child)) {
            Ok(()) => Ok(Entered(State::In {
                slot,
                guest: forget_type(guest),
            })),
            Err(child) => {
                drop(child);
                shared.end_refused(node.as_deref(), || slot.info());
                let fut = guest.take_future();
                let fut = fut.expect("a guest that was not accepted was not polled");
                Err(Rejected::new(fut, RejectReason::Ended))
            }
        }
    }
}

/// `P::Child<T>` does not outlive everything, but the output of a future that does is known to.
fn forget_type<F: Future<Output: Send> + Send + 'static>(guest: Arc<Guest<F>>) -> Arc<dyn Awaited> {
    guest
}

/// A guest of a scope: the future of [`Scope::enter`].
///
/// Awaiting it runs the guest, and gives what the scope's [policy](crate::Policy) makes of its end. It may be moved to
/// another task, thread or executor between two polls. It may be awaited inside the scope that it entered.
///
/// **Dropping it** cancels the guest: see [`Scope::enter`]. A guest that is kept without being polled stays a member: it
/// has its place under the limit, and a shutdown waits for it until the grace is over.
///
/// # Panics
///
/// When polled again after it has resolved. A panic of the guest goes to the policy; where the driver was dropped during
/// that very poll it is resumed here.
#[must_use = "a guest runs only while it is awaited"]
pub struct Entered<J>(State<J>);

enum State<J> {
    In {
        slot: Arc<JoinSlot<J>>,
        guest: Arc<dyn Awaited>,
    },
    Refused(CancelReason),
    Over,
}

impl<J> Unpin for Entered<J> {}

// As a `Task`: a panic of the guest is its end, which the scope has been told.
impl<J> UnwindSafe for Entered<J> {}
impl<J> RefUnwindSafe for Entered<J> {}

impl<J> Future for Entered<J> {
    type Output = Result<J, CancelReason>;

    #[track_caller]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let state = &mut self.get_mut().0;
        let out = match state {
            State::In { slot, guest } => match guest.poll(cx) {
                Some(reason) => Err(reason),
                None => match slot.poll(cx) {
                    Take::Value(joined) => guest.refused().map_or(Ok(joined), Err),
                    Take::NotYet => {
                        inspect::waits(|| WaitsFor::Task(guest.info().clone()));
                        return Poll::Pending;
                    }
                    Take::Never | Take::Taken => Err(guest.reason()),
                },
            },
            State::Refused(reason) => Err(reason.clone()),
            State::Over => panic!("a guest must not be polled after it has resolved"),
        };
        *state = State::Over;
        Poll::Ready(out)
    }
}

impl<J> Drop for Entered<J> {
    fn drop(&mut self) {
        if let State::In { slot, guest } = &self.0 {
            slot.forget_waiter();
            guest.leave();
        }
    }
}

impl<J> fmt::Debug for Entered<J> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Entered");
        match &self.0 {
            State::In { guest, .. } => debug
                .field("id", &guest.info().id())
                .field("name", &guest.info().name()),
            State::Refused(reason) => debug.field("refused", reason),
            State::Over => debug.field("resolved", &true),
        };
        debug.finish_non_exhaustive()
    }
}
