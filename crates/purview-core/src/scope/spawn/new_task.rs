use std::{borrow::Cow, panic::Location, sync::Arc};

use crate::{
    cancel::CancelReason,
    context::{Env, GivenSpan, TaskSpan, bindings},
    error::RejectReason,
    inspect,
    panic::catch,
    policy::Policy,
    scope::{
        child::LocalChild,
        kind::{Boxed, Kind},
        limit::Limiter,
        offload::{Offload, Offloaded},
        shared::Shared,
        slot::JoinSlot,
        task::Task,
    },
    tree::{Role, TaskId, TaskInfo, TaskNode},
};

/// What is said of a child before it is spawned.
pub(in crate::scope) struct TaskOptions<'a> {
    pub(super) name: Option<Cow<'static, str>>,
    pub(super) role: Role,
    pub(super) span: GivenSpan<'a>,
    /// It has its place under the limit already.
    pub(super) has_place: bool,
}

impl Default for TaskOptions<'_> {
    fn default() -> Self {
        Self {
            name: None,
            role: Role::Ordinary,
            span: GivenSpan::default(),
            has_place: false,
        }
    }
}

/// Which task a new child is, and what surrounds it: the context values of the place where it is spawned.
pub(in crate::scope) struct NewTask {
    id: TaskId,
    number: u64,
    at: &'static Location<'static>,
    pub(in crate::scope) env: Env,
}

impl NewTask {
    #[track_caller]
    pub(super) fn new<P: Policy, K: Kind>(shared: &Shared<'_, P, K>, options: TaskOptions<'_>) -> Self {
        if options.role == Role::Daemon {
            return Self::with_node(shared, options, inspect::Kind::Daemon);
        }
        if options.name.is_some() {
            return Self::with_node(shared, options, inspect::Kind::Child);
        }
        let (id, number, at) = (TaskId::next(), shared.next_number(), Location::caller());
        let mut env = Env::child(shared.node.clone(), id, number, bindings());
        env.spawned_at(at);
        let info = || TaskInfo::numbered(id, shared.node.naming(), number).located(Some(at));
        options.settle(shared, info, inspect::Kind::Child, &mut env);
        Self { id, number, at, env }
    }

    /// A task that needs its node from the start.
    #[track_caller]
    pub(in crate::scope) fn with_node<P: Policy, K: Kind>(
        shared: &Shared<'_, P, K>,
        mut options: TaskOptions<'_>,
        kind: inspect::Kind,
    ) -> Self {
        let (id, number, role) = (TaskId::next(), shared.next_number(), options.role);
        let info = match options.name.take() {
            Some(name) => TaskInfo::named(id, name),
            None => TaskInfo::numbered(id, shared.node.naming(), number),
        };
        let at = Location::caller();
        let task = TaskNode::new(info.located(Some(at)), shared.node.clone(), role);
        let mut env = Env::of(task.clone(), bindings());
        options.settle(shared, || task.info.clone(), kind, &mut env);
        Self { id, number, at, env }
    }

    pub(super) fn slot<J, P: Policy, K: Kind>(&self, shared: &Shared<'_, P, K>) -> Arc<JoinSlot<J>> {
        JoinSlot::new(
            shared.node.clone(),
            self.id,
            self.number,
            self.at,
            self.env.task().cloned(),
        )
    }
}

impl TaskOptions<'_> {
    /// Gives a new child its place and its span, and has it recorded. What makes the span may be the user's, and panic: the
    /// place is not lost with it.
    fn settle<P: Policy, K: Kind>(
        self,
        shared: &Shared<'_, P, K>,
        task: impl FnOnce() -> TaskInfo,
        kind: inspect::Kind,
        env: &mut Env,
    ) {
        if self.has_place {
            env.give_place();
        }
        if TaskSpan::is_wanted() {
            match catch(|| TaskSpan::of_child(task, &shared.node, self.span, kind)) {
                Ok(span) => env.set_span(span),
                Err(panic) => {
                    if self.has_place {
                        shared.free_place();
                    }
                    panic.resume();
                }
            }
        }
        env.note_spawned(kind);
    }
}

impl<'env, P: Policy, K: Kind> Shared<'env, P, K> {
    pub(in crate::scope) fn spawn<T, F>(
        &self,
        mut new: NewTask,
        fut: F,
        forget: impl FnOnce(Box<LocalChild<P, T, F>>) -> Boxed<'env, P, K>,
    ) -> Task<P::Joined<T>> {
        let slot = new.slot(self);
        let task = Task::new(slot.clone());
        let node = new.env.task().cloned();
        if let Some(reason) = self.node.refuses() {
            // First: a destructor that panics must not take the place with it.
            if new.env.has_place() {
                self.free_place();
            }
            drop(fut);
            self.refuse::<T>(node.as_deref(), &slot, reason.clone());
            return task;
        }
        let has_place = self.place_for(&mut new.env);
        if let Err(child) = self.enlist(has_place, Box::new(LocalChild::new(slot.clone(), fut, new.env)), forget) {
            drop(child);
            self.refuse::<T>(node.as_deref(), &slot, CancelReason::Ended);
        }
        task
    }

    /// Spawns a child that runs on other threads.
    pub(super) fn offload<T, A>(&self, mut new: NewTask, make: impl FnOnce(Env) -> Arc<A>) -> Task<P::Joined<T>>
    where
        A: Offload<Output = P::Child<T>> + Send + Sync + 'static,
        P: 'env,
        T: Send + 'static,
        P::Child<T>: Send,
        P::Joined<T>: Send + 'env,
    {
        let slot = new.slot(self);
        let task = Task::new(slot.clone());
        // The work has surroundings of its own, of the same task: they are needed on the other thread.
        let work = make(new.env.same());
        let node = new.env.task().cloned();
        if let Some(reason) = self.node.refuses() {
            drop(work);
            self.refuse::<T>(node.as_deref(), &slot, reason.clone());
            return task;
        }
        let has_place = self.place_for(&mut new.env);
        let child = Box::new(Offloaded::<P, T, A>::new(new.env, slot.clone(), work));
        if let Err(child) = self.enlist(has_place, child, |child| K::accept(child)) {
            drop(child);
            self.refuse::<T>(node.as_deref(), &slot, CancelReason::Ended);
        }
        task
    }

    /// Takes a place for a child that does not wait for one.
    ///
    /// # Errors
    ///
    /// Why it has none: the scope takes no more children, or has as many as its limit allows.
    pub(super) fn try_place(&self) -> Result<(), RejectReason> {
        if let Some(reason) = self.refusal() {
            return Err(reason);
        }
        if self.limiter.as_ref().is_none_or(Limiter::try_take) {
            Ok(())
        } else {
            Err(RejectReason::Full)
        }
    }

    /// Takes a place under the limit for a child that has none, or its turn in the queue for one; gives whether it has a
    /// place.
    pub(super) fn place_for(&self, env: &mut Env) -> bool {
        let has_place = env.has_place() || self.limiter.as_ref().is_none_or(Limiter::take_or_queue);
        if has_place {
            env.give_place();
        }
        has_place
    }

    /// Puts a child into the queue; gives it back where the scope has ended, or accepts no more.
    pub(super) fn enlist<C>(
        &self,
        has_place: bool,
        child: C,
        forget: impl FnOnce(C) -> Boxed<'env, P, K>,
    ) -> Result<(), C> {
        self.push(child, forget).inspect_err(|_| {
            if has_place || self.limiter.as_ref().is_some_and(Limiter::forget_newest_child) {
                self.free_place();
            }
        })
    }

    /// The task of a child that was not accepted says what the policy says to that.
    pub(super) fn refuse<T>(&self, task: Option<&TaskNode>, slot: &JoinSlot<P::Joined<T>>, reason: CancelReason) {
        self.end_refused(task, || slot.info());
        slot.fill(P::refused::<T>(reason));
    }

    /// A task that was not accepted has ended before it began.
    pub(super) fn end_refused(&self, task: Option<&TaskNode>, info: impl FnOnce() -> TaskInfo) {
        self.node.note_refused(info);
        if let Some(task) = task {
            task.end();
        }
    }
}
