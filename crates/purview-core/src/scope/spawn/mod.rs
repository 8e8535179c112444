//! The doors through which children come into a scope.

mod blocking;
mod defer;
mod enter;
mod new_task;
mod parallel;
mod permit;
mod ready_cell;
mod span;
mod start;

use std::{borrow::Cow, fmt};

pub(super) use self::new_task::{NewTask, TaskOptions};
pub use self::{
    defer::Finalized,
    enter::Entered,
    permit::Permit,
    start::{Ready, Start},
};
use super::{
    child::LocalChild,
    handle::Scope,
    kind::{Boxed, Kind, Local, Threads},
    task::Task,
};
use crate::{
    error::{RejectReason, Rejected},
    policy::Policy,
    tree::Role,
};

/// Options of one child, from [`Scope::task`]; `W` is where it runs, [`Here`] or [`Parallel`].
///
/// # Examples
///
/// ```
/// # use purview_core as purview;
/// let name = purview::block_on(purview::scope(async |s| {
///     let task = s.task().name("loader").spawn(async { 1 });
///     task.name().to_owned()
/// }));
/// assert_eq!(name, "loader");
/// ```
#[must_use = "options do nothing until `spawn` is called"]
pub struct TaskBuilder<'env, P: Policy, K: Kind, W = Here> {
    scope: Scope<'env, P, K>,
    options: TaskOptions<'env>,
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
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// purview::block_on(purview::scope(async |s| {
    ///     let task = s.task().name("loader").spawn(async { 1 });
    ///     assert_eq!(task.name(), "loader");
    /// }));
    /// ```
    pub fn task(&self) -> TaskBuilder<'env, P, K> {
        TaskBuilder {
            scope: self.clone(),
            options: TaskOptions::default(),
            place: Here(()),
        }
    }
}

impl<'env, P: Policy, K: Kind, W> TaskBuilder<'env, P, K, W> {
    /// How the child is called in errors, in [`Task::name`] and by [`current`](crate::current). Default: its scope's name
    /// and its number in it, `import/3`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// let run = purview::try_scope(async |s| {
    ///     s.task().name("loader").spawn(async { purview::current().map(|task| task.name().to_owned()).ok_or(()) }).await;
    ///     Ok::<_, ()>(())
    /// });
    /// assert!(purview::block_on(run).is_ok());
    /// ```
    pub fn name(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.options.name = Some(name.into());
        self
    }

    /// The scope does not wait for it: it is cancelled, with reason [`Ended`](crate::CancelReason::Ended), when the
    /// body and the last ordinary child have ended. One that holds is given time to clean up, like any other.
    ///
    /// That cancellation is no failure; an error of a daemon's own is one like any other child's. Taken from Ruby's
    /// `transient` tasks and ox's daemons.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// purview::block_on(purview::scope(async |s| {
    ///     s.task().name("heartbeat").daemon().spawn(async {
    ///         loop {
    ///             purview::sleep(std::time::Duration::from_secs(1)).await;
    ///         }
    ///     });
    ///     s.spawn(async { /* the work */ });
    /// })); // does not wait for the endless loop
    /// ```
    pub fn daemon(mut self) -> Self {
        self.options.role = Role::Daemon;
        self
    }

    #[track_caller]
    fn spawn_as<T, F>(
        self,
        fut: F,
        forget: impl FnOnce(Box<LocalChild<P, T, F>>) -> Boxed<'env, P, K>,
    ) -> Task<P::Joined<T>> {
        let shared = &self.scope.shared;
        let new = NewTask::new(shared, self.options);
        shared.spawn(new, fut, forget)
    }

    #[track_caller]
    fn try_spawn_as<T, F>(
        mut self,
        fut: F,
        forget: impl FnOnce(Box<LocalChild<P, T, F>>) -> Boxed<'env, P, K>,
    ) -> Result<Task<P::Joined<T>>, Rejected<F>> {
        let shared = &self.scope.shared;
        if let Err(reason) = shared.try_place() {
            return Err(Rejected::new(fut, reason));
        }
        self.options.has_place = true;
        let new = NewTask::new(shared, self.options);
        let slot = new.slot(shared);
        let task = Task::new(slot.clone());
        let node = new.env.task().cloned();
        match shared.enlist(true, Box::new(LocalChild::new(slot, fut, new.env)), forget) {
            Ok(()) => Ok(task),
            Err(child) => {
                shared.end_refused(node.as_deref(), || task.info().clone());
                let fut = child
                    .into_future()
                    .expect("a child that was not accepted was not polled");
                Err(Rejected::new(fut, RejectReason::Ended))
            }
        }
    }
}

impl<'env, P: Policy, K: Kind> TaskBuilder<'env, P, K> {
    /// On the executor, where the runtime has one: see [`Scope::spawn_parallel`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// let sum = purview::block_on(purview::scope(async |s| {
    ///     s.task().name("sum").parallel().spawn(async { (1..=10).sum::<u32>() }).await
    /// }));
    /// assert_eq!(sum, 55);
    /// ```
    pub fn parallel(self) -> TaskBuilder<'env, P, K, Parallel> {
        TaskBuilder {
            scope: self.scope,
            options: self.options,
            place: Parallel(()),
        }
    }
}

// The `Send` and the local half are written out, not made by a macro: behind a macro every bound error ends in "this
// error originates in the macro".

impl<'env, P: Policy + Send + 'env> Scope<'env, P, Threads> {
    /// Spawns a child, which the scope polls in the task that awaits the scope, and which ends before the scope does.
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
    /// # use purview_core as purview;
    /// let words = vec!["to", "be", "or", "not"];
    /// let letters = purview::block_on(purview::scope(async |s| {
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
        P::Child<T>: 'env + Send,
    {
        let new = NewTask::new(&self.shared, TaskOptions::default());
        self.shared.spawn(new, fut, |child| Box::into_pin(child))
    }

    /// As [`spawn`](Self::spawn), or hands the future back where it would have to wait or be dropped.
    ///
    /// # Errors
    ///
    /// [`Rejected`] with the future, unpolled, where the scope is cancelled, closed or over, or has as many children as its
    /// limit allows.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use purview::{RejectReason, fail_fast};
    ///
    /// let run = fail_fast::<()>().limit(1).run(async |s| {
    ///     let first = s.try_spawn(async { Ok(1) }).unwrap();
    ///     let rejected = s.try_spawn(async { Ok(2) }).unwrap_err();
    ///     assert_eq!(*rejected.reason(), RejectReason::Full);
    ///     Ok(first.await + rejected.into_inner().await?) // the second one runs here
    /// });
    /// assert_eq!(purview::block_on(run).unwrap(), 3);
    /// ```
    #[track_caller]
    pub fn try_spawn<T, F>(&self, fut: F) -> Result<Task<P::Joined<T>>, Rejected<F>>
    where
        F: Future<Output = P::Child<T>> + Send + 'env,
        T: 'env + Send,
        P::Joined<T>: 'env + Send,
        P::Child<T>: 'env + Send,
    {
        self.task().try_spawn(fut)
    }
}

impl<'env, P: Policy + 'env> Scope<'env, P, Local> {
    /// As in a `Send` scope, for futures that need not be `Send`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use std::rc::Rc;
    ///
    /// let shared = Rc::new(1);
    /// let out = purview::block_on(purview::local_scope(async |s| {
    ///     let shared = shared.clone();
    ///     s.spawn(async move { *shared }).await
    /// }));
    /// assert_eq!(out, 1);
    /// ```
    #[track_caller]
    pub fn spawn<T, F>(&self, fut: F) -> Task<P::Joined<T>>
    where
        F: Future<Output = P::Child<T>> + 'env,
        T: 'env,
        P::Joined<T>: 'env,
        P::Child<T>: 'env,
    {
        let new = NewTask::new(&self.shared, TaskOptions::default());
        self.shared.spawn(new, fut, |child| Box::into_pin(child))
    }

    /// As [`spawn`](Self::spawn), or hands the future back where it would have to wait or be dropped.
    ///
    /// # Errors
    ///
    /// [`Rejected`] with the future, unpolled, where the scope is cancelled, closed or over, or has as many children as its
    /// limit allows.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use std::rc::Rc;
    ///
    /// let shared = Rc::new(1);
    /// let run = purview::fail_fast::<()>().limit(1).run_local(async |s| {
    ///     let shared = shared.clone();
    ///     Ok(s.try_spawn(async move { Ok(*shared) }).unwrap().await)
    /// });
    /// assert_eq!(purview::block_on(run).unwrap(), 1);
    /// ```
    #[track_caller]
    pub fn try_spawn<T, F>(&self, fut: F) -> Result<Task<P::Joined<T>>, Rejected<F>>
    where
        F: Future<Output = P::Child<T>> + 'env,
        T: 'env,
        P::Joined<T>: 'env,
        P::Child<T>: 'env,
    {
        self.task().try_spawn(fut)
    }
}

impl<'env, P: Policy + Send + 'env> TaskBuilder<'env, P, Threads> {
    /// As [`Scope::spawn`], with these options.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// purview::block_on(purview::scope(async |s| {
    ///     s.task().name("loader").spawn(async {}).await;
    /// }));
    /// ```
    #[track_caller]
    pub fn spawn<T, F>(self, fut: F) -> Task<P::Joined<T>>
    where
        F: Future<Output = P::Child<T>> + Send + 'env,
        T: 'env + Send,
        P::Joined<T>: 'env + Send,
        P::Child<T>: 'env + Send,
    {
        self.spawn_as(fut, |child| Box::into_pin(child))
    }

    /// As [`Scope::try_spawn`], with these options.
    ///
    /// # Errors
    ///
    /// As [`Scope::try_spawn`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// purview::block_on(purview::scope(async |s| {
    ///     s.task().name("loader").try_spawn(async {}).unwrap().await;
    /// }));
    /// ```
    #[track_caller]
    pub fn try_spawn<T, F>(self, fut: F) -> Result<Task<P::Joined<T>>, Rejected<F>>
    where
        F: Future<Output = P::Child<T>> + Send + 'env,
        T: 'env + Send,
        P::Joined<T>: 'env + Send,
        P::Child<T>: 'env + Send,
    {
        self.try_spawn_as(fut, |child| Box::into_pin(child))
    }
}

impl<'env, P: Policy + 'env> TaskBuilder<'env, P, Local> {
    /// As [`Scope::spawn`], with these options.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// purview::block_on(purview::local_scope(async |s| {
    ///     s.task().name("loader").spawn(async {}).await;
    /// }));
    /// ```
    #[track_caller]
    pub fn spawn<T, F>(self, fut: F) -> Task<P::Joined<T>>
    where
        F: Future<Output = P::Child<T>> + 'env,
        T: 'env,
        P::Joined<T>: 'env,
        P::Child<T>: 'env,
    {
        self.spawn_as(fut, |child| Box::into_pin(child))
    }

    /// As [`Scope::try_spawn`], with these options.
    ///
    /// # Errors
    ///
    /// As [`Scope::try_spawn`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// purview::block_on(purview::local_scope(async |s| {
    ///     s.task().name("loader").try_spawn(async {}).unwrap().await;
    /// }));
    /// ```
    #[track_caller]
    pub fn try_spawn<T, F>(self, fut: F) -> Result<Task<P::Joined<T>>, Rejected<F>>
    where
        F: Future<Output = P::Child<T>> + 'env,
        T: 'env,
        P::Joined<T>: 'env,
        P::Child<T>: 'env,
    {
        self.try_spawn_as(fut, |child| Box::into_pin(child))
    }
}

impl<'env, P: Policy + Send + 'env> Permit<'env, P, Threads> {
    /// As [`Scope::spawn`], in the place this permit holds; the child gives it back when it ends.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// let run = purview::fail_fast::<()>().limit(2).run(async |s| {
    ///     let permit = s.permit().await;
    ///     Ok(permit.spawn(async { Ok(7) }).await)
    /// });
    /// assert_eq!(purview::block_on(run).unwrap(), 7);
    /// ```
    #[track_caller]
    pub fn spawn<T, F>(self, fut: F) -> Task<P::Joined<T>>
    where
        F: Future<Output = P::Child<T>> + Send + 'env,
        T: 'env + Send,
        P::Joined<T>: 'env + Send,
        P::Child<T>: 'env + Send,
    {
        self.into_builder().spawn_as(fut, |child| Box::into_pin(child))
    }
}

impl<'env, P: Policy + 'env> Permit<'env, P, Local> {
    /// As [`Scope::spawn`], in the place this permit holds; the child gives it back when it ends.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// let run = purview::fail_fast::<()>().limit(2).run_local(async |s| {
    ///     let permit = s.permit().await;
    ///     Ok(permit.spawn(async { Ok(7) }).await)
    /// });
    /// assert_eq!(purview::block_on(run).unwrap(), 7);
    /// ```
    #[track_caller]
    pub fn spawn<T, F>(self, fut: F) -> Task<P::Joined<T>>
    where
        F: Future<Output = P::Child<T>> + 'env,
        T: 'env,
        P::Joined<T>: 'env,
        P::Child<T>: 'env,
    {
        self.into_builder().spawn_as(fut, |child| Box::into_pin(child))
    }
}

impl<P: Policy, K: Kind, W: fmt::Debug> fmt::Debug for TaskBuilder<'_, P, K, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskBuilder")
            .field("name", &self.options.name)
            .field("role", &self.options.role)
            .field("place", &self.place)
            .finish_non_exhaustive()
    }
}
