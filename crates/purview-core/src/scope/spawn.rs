use std::{borrow::Cow, fmt, sync::Arc};

use super::{
    child::LocalChild,
    handle::Scope,
    kind::{Boxed, Kind, Local, Threads},
    limit::Limiter,
    permit::Permit,
    task::{Slot, Task},
};
use crate::{
    cancel::CancelReason,
    context::{self, Frame, Role, TaskId, TaskInfo},
    error::{RejectReason, Rejected},
    policy::Policy,
};

/// Options of one child, from [`Scope::task`]; `W` is where it runs, [`Here`] or [`Parallel`].
///
/// ```
/// let name = purview_core::block_on(purview_core::scope(async |s| {
///     let task = s.task().name("loader").spawn(async { 1 });
///     task.name().to_owned()
/// }));
/// assert_eq!(name, "loader");
/// ```
#[must_use = "options do nothing until `spawn` is called"]
pub struct TaskBuilder<'env, P: Policy, K: Kind, W = Here> {
    pub(super) scope: Scope<'env, P, K>,
    name: Option<Cow<'static, str>>,
    role: Role,
    place: W,
}

/// The child runs in the scope's own task.
#[derive(Debug)]
pub struct Here(());

/// The child runs on the executor, where there is one.
#[derive(Debug)]
pub struct Parallel(());

impl<'env, P: Policy, K: Kind> Scope<'env, P, K> {
    /// Gives a child a name, makes it a daemon or parallel, and then spawns it: see [`TaskBuilder`].
    pub fn task(&self) -> TaskBuilder<'env, P, K> {
        TaskBuilder {
            scope: self.clone(),
            name: None,
            role: Role::Ordinary,
            place: Here(()),
        }
    }
}

impl<'env, P: Policy, K: Kind, W> TaskBuilder<'env, P, K, W> {
    /// How the child is called in errors, in [`Task::name`] and by [`current`](crate::current). Default: its scope's name
    /// and its number in it, `import/3`.
    pub fn name(self, name: impl Into<Cow<'static, str>>) -> Self {
        Self {
            name: Some(name.into()),
            ..self
        }
    }

    /// The scope does not wait for it: it is cancelled, with reason [`Ended`](crate::CancelReason::Ended), when the
    /// body and the last ordinary child have ended. One that holds is given time to clean up, like any other.
    ///
    /// That cancellation is no failure; an error of a daemon's own is one like any other child's. Taken from Ruby's
    /// `transient` tasks and ox's daemons.
    ///
    /// ```
    /// purview_core::block_on(purview_core::scope(async |s| {
    ///     s.task().name("heartbeat").daemon().spawn(async {
    ///         loop {
    ///             purview_core::sleep(std::time::Duration::from_secs(1)).await;
    ///         }
    ///     });
    ///     s.spawn(async { /* the work */ });
    /// })); // does not wait for the endless loop
    /// ```
    pub fn daemon(self) -> Self {
        Self {
            role: Role::Daemon,
            ..self
        }
    }

    pub(super) fn frame(&mut self) -> Arc<Frame> {
        let state = &self.scope.shared.state;
        let number = state.next_number();
        let info = match self.name.take() {
            Some(name) => TaskInfo::named(name),
            None => TaskInfo::numbered(TaskId::next(), state.naming(), number),
        };
        Frame::new(info, state.clone(), context::bindings(), self.role)
    }

    /// Puts a child into the queue; `None` where nobody takes it any more.
    pub(super) fn enlist<C>(&self, frame: &Frame, child: C, forget: impl FnOnce(C) -> Boxed<'env, P, K>) -> Option<C> {
        let state = &self.scope.shared.state;
        if !frame.is_admitted() && state.limiter.as_ref().is_none_or(Limiter::take_or_queue) {
            frame.admit();
        }
        let refused = self.scope.shared.push(child, forget).err()?;
        if frame.is_admitted() || state.limiter.as_ref().is_some_and(Limiter::forget_newest_child) {
            state.free_place();
        }
        Some(refused)
    }

    /// As [`enlist`](Self::enlist); a child that nobody takes is dropped, and its task hears of that.
    pub(super) fn enlist_or_refuse<T, C>(
        &self,
        frame: &Frame,
        slot: &Slot<P::Joined<T>>,
        child: C,
        forget: impl FnOnce(C) -> Boxed<'env, P, K>,
    ) {
        if let Some(child) = self.enlist(frame, child, forget) {
            drop(child);
            refuse::<P, T>(frame, slot, RejectReason::Ended);
        }
    }

    fn spawn_as<T, F>(
        mut self,
        fut: F,
        admitted: bool,
        forget: impl FnOnce(Box<LocalChild<P, T, F>>) -> Boxed<'env, P, K>,
    ) -> Task<P::Joined<T>> {
        let frame = self.frame();
        let slot = Slot::new();
        let task = Task::new(slot.clone(), frame.clone());
        if admitted {
            frame.admit();
        }
        if let Some(reason) = self.scope.shared.refusal() {
            // First: a destructor that panics must not take the place with it.
            if admitted {
                self.scope.shared.state.free_place();
            }
            drop(fut);
            refuse::<P, T>(&frame, &slot, reason);
            return task;
        }
        let child = Box::new(LocalChild::new(frame.clone(), slot.clone(), fut));
        self.enlist_or_refuse::<T, _>(&frame, &slot, child, forget);
        task
    }

    fn try_spawn_as<T, F>(
        mut self,
        fut: F,
        forget: impl FnOnce(Box<LocalChild<P, T, F>>) -> Boxed<'env, P, K>,
    ) -> Result<Task<P::Joined<T>>, Rejected<F>> {
        if let Some(reason) = self.scope.shared.refusal() {
            return Err(Rejected::new(fut, reason));
        }
        if !self.scope.shared.state.limiter.as_ref().is_none_or(Limiter::try_take) {
            return Err(Rejected::new(fut, RejectReason::Full));
        }
        let frame = self.frame();
        frame.admit();
        let slot = Slot::new();
        let task = Task::new(slot.clone(), frame.clone());
        match self.enlist(&frame, Box::new(LocalChild::new(frame.clone(), slot, fut)), forget) {
            None => Ok(task),
            Some(child) => {
                let fut = child
                    .into_future()
                    .expect("a child that nobody has taken has not been polled");
                Err(Rejected::new(fut, RejectReason::Ended))
            }
        }
    }
}

impl<'env, P: Policy, K: Kind> TaskBuilder<'env, P, K> {
    /// On the executor, where the runtime has one: see [`Scope::spawn_parallel`].
    pub fn parallel(self) -> TaskBuilder<'env, P, K, Parallel> {
        TaskBuilder {
            scope: self.scope,
            name: self.name,
            role: self.role,
            place: Parallel(()),
        }
    }
}

/// Nobody takes the child in: its task says what the policy says to that.
pub(super) fn refuse<P: Policy, T>(frame: &Frame, slot: &Slot<P::Joined<T>>, reason: RejectReason) {
    slot.fill(P::refused::<T>(refuse_frame(frame, reason)));
}

pub(super) fn refuse_frame(frame: &Frame, reason: RejectReason) -> CancelReason {
    frame.end();
    reason.into_cancel_reason()
}

// The `Send` and the local half are written out, not made by a macro: behind a macro every bound error ends in "this
// error originates in the macro".

impl<'env, P: Policy + Send + 'env> Scope<'env, P, Threads> {
    /// Puts a child into the scope, which polls it in the task that awaits the scope, and does not end before it.
    ///
    /// The child starts when the scope is next polled, beside the body and its siblings. It may borrow what outlives
    /// the scope. What the returned [`Task`] yields is the policy's to say; dropping it neither cancels nor detaches.
    /// Under a [`limit`](crate::Builder::limit) the child waits for its turn in a queue.
    ///
    /// On a scope that is cancelled, closed or has ended the future is dropped, unpolled, before this returns, and the
    /// task is a cancelled one. To learn of that use [`try_spawn`](Self::try_spawn).
    ///
    /// May be called from anywhere that has the handle: body, child, destructor, waker, another thread. It never waits.
    ///
    /// # Examples
    ///
    /// ```
    /// let words = vec!["to", "be", "or", "not"];
    /// let letters = purview_core::block_on(purview_core::scope(async |s| {
    ///     let tasks = words.iter().map(|word| s.spawn(async { word.len() })).collect::<Vec<_>>();
    ///     let mut letters = 0;
    ///     for task in tasks {
    ///         letters += task.await;
    ///     }
    ///     letters
    /// }));
    /// assert_eq!(letters, 9);
    /// ```
    #[track_caller]
    pub fn spawn<T, F>(&self, fut: F) -> Task<P::Joined<T>>
    where
        F: Future<Output = P::Child<T>> + Send + 'env,
        T: 'env + Send,
        P::Joined<T>: 'env + Send,
    {
        self.task().spawn(fut)
    }

    /// As [`spawn`](Self::spawn), or hands the future back where it would have to wait or be dropped.
    ///
    /// # Errors
    ///
    /// [`Rejected`] with the future, unpolled, where the scope is cancelled, has ended, or has as many children as its
    /// limit allows.
    pub fn try_spawn<T, F>(&self, fut: F) -> Result<Task<P::Joined<T>>, Rejected<F>>
    where
        F: Future<Output = P::Child<T>> + Send + 'env,
        T: 'env + Send,
        P::Joined<T>: 'env + Send,
    {
        self.task().try_spawn(fut)
    }
}

impl<'env, P: Policy + 'env> Scope<'env, P, Local> {
    /// As in a `Send` scope, for futures that need not be `Send`.
    #[track_caller]
    pub fn spawn<T, F>(&self, fut: F) -> Task<P::Joined<T>>
    where
        F: Future<Output = P::Child<T>> + 'env,
        T: 'env,
        P::Joined<T>: 'env,
    {
        self.task().spawn(fut)
    }

    /// As [`spawn`](Self::spawn), or hands the future back where it would have to wait or be dropped.
    ///
    /// # Errors
    ///
    /// [`Rejected`] with the future, unpolled, where the scope is cancelled, has ended, or has as many children as its
    /// limit allows.
    pub fn try_spawn<T, F>(&self, fut: F) -> Result<Task<P::Joined<T>>, Rejected<F>>
    where
        F: Future<Output = P::Child<T>> + 'env,
        T: 'env,
        P::Joined<T>: 'env,
    {
        self.task().try_spawn(fut)
    }
}

impl<'env, P: Policy + Send + 'env> TaskBuilder<'env, P, Threads> {
    /// As [`Scope::spawn`], with these options.
    #[track_caller]
    pub fn spawn<T, F>(self, fut: F) -> Task<P::Joined<T>>
    where
        F: Future<Output = P::Child<T>> + Send + 'env,
        T: 'env + Send,
        P::Joined<T>: 'env + Send,
    {
        self.spawn_as(fut, false, |child| Box::into_pin(child))
    }

    /// As [`Scope::try_spawn`], with these options.
    ///
    /// # Errors
    ///
    /// As [`Scope::try_spawn`].
    pub fn try_spawn<T, F>(self, fut: F) -> Result<Task<P::Joined<T>>, Rejected<F>>
    where
        F: Future<Output = P::Child<T>> + Send + 'env,
        T: 'env + Send,
        P::Joined<T>: 'env + Send,
    {
        self.try_spawn_as(fut, |child| Box::into_pin(child))
    }
}

impl<'env, P: Policy + 'env> TaskBuilder<'env, P, Local> {
    /// As [`Scope::spawn`], with these options.
    #[track_caller]
    pub fn spawn<T, F>(self, fut: F) -> Task<P::Joined<T>>
    where
        F: Future<Output = P::Child<T>> + 'env,
        T: 'env,
        P::Joined<T>: 'env,
    {
        self.spawn_as(fut, false, |child| Box::into_pin(child))
    }

    /// As [`Scope::try_spawn`], with these options.
    ///
    /// # Errors
    ///
    /// As [`Scope::try_spawn`].
    pub fn try_spawn<T, F>(self, fut: F) -> Result<Task<P::Joined<T>>, Rejected<F>>
    where
        F: Future<Output = P::Child<T>> + 'env,
        T: 'env,
        P::Joined<T>: 'env,
    {
        self.try_spawn_as(fut, |child| Box::into_pin(child))
    }
}

impl<'env, P: Policy + Send + 'env> Permit<'env, P, Threads> {
    /// As [`Scope::spawn`], in the place this permit holds; the child gives it back when it ends.
    #[track_caller]
    pub fn spawn<T, F>(self, fut: F) -> Task<P::Joined<T>>
    where
        F: Future<Output = P::Child<T>> + Send + 'env,
        T: 'env + Send,
        P::Joined<T>: 'env + Send,
    {
        let (builder, admitted) = self.into_builder();
        builder.spawn_as(fut, admitted, |child| Box::into_pin(child))
    }
}

impl<'env, P: Policy + 'env> Permit<'env, P, Local> {
    /// As [`Scope::spawn`], in the place this permit holds; the child gives it back when it ends.
    #[track_caller]
    pub fn spawn<T, F>(self, fut: F) -> Task<P::Joined<T>>
    where
        F: Future<Output = P::Child<T>> + 'env,
        T: 'env,
        P::Joined<T>: 'env,
    {
        let (builder, admitted) = self.into_builder();
        builder.spawn_as(fut, admitted, |child| Box::into_pin(child))
    }
}

impl<P: Policy, K: Kind, W: fmt::Debug> fmt::Debug for TaskBuilder<'_, P, K, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskBuilder")
            .field("name", &self.name)
            .field("role", &self.role)
            .field("place", &self.place)
            .finish_non_exhaustive()
    }
}
