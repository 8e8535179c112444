use std::{marker::PhantomData, mem, sync::Arc};

use super::{
    Binding, Env,
    local::{look, with, with_task},
    place::{Place, UNMADE},
    unopened::InTimeout,
};
use crate::{
    runtime::Runtime,
    tree::{Grace, ScopeNode, TaskInfo, TaskNode, record::TaskRecord},
};

/// Hides the scopes around from the code that runs until the guard is dropped.
pub(crate) fn enter_shield() -> Shielded {
    Shielded {
        outer: with(|env| {
            let outer = env.is_shielded();
            env.shield(true);
            outer
        }),
        here: PhantomData,
    }
}

/// See [`enter_shield`].
#[must_use]
pub(crate) struct Shielded {
    outer: bool,
    here: PhantomData<*const ()>,
}

impl Drop for Shielded {
    fn drop(&mut self) {
        with(|env| env.shield(self.outer));
    }
}

/// Has the code that runs until the guard is dropped see these context values, and no others.
pub(crate) fn enter_bindings(inner: Option<Arc<Binding>>) -> Bound {
    Bound {
        outer: with(|env| mem::replace(&mut env.bindings, inner)),
        here: PhantomData,
    }
}

/// See [`enter_bindings`].
#[must_use]
pub(crate) struct Bound {
    outer: Option<Arc<Binding>>,
    here: PhantomData<*const ()>,
}

impl Drop for Bound {
    fn drop(&mut self) {
        // Dropped outside the borrow: the value is the user's.
        let inner = with(|env| mem::replace(&mut env.bindings, self.outer.take()));
        drop(inner);
    }
}

pub(crate) fn bindings() -> Option<Arc<Binding>> {
    with_task(|env| env.bindings.clone())
}

/// The task that is being polled; `None` outside of all scopes.
pub(crate) fn task() -> Option<Arc<TaskNode>> {
    with(Env::make_task)
}

/// The task that is being polled, unless a shield hides its scope.
pub(crate) fn visible_task() -> Option<Arc<TaskNode>> {
    with(|env| if env.is_shielded() { None } else { env.make_task() })
}

/// The innermost scope around, and whether a shield hides it.
pub(crate) fn scope() -> Option<(Arc<ScopeNode>, bool)> {
    with(|env| env.scope().map(|scope| (scope.clone(), env.is_shielded())))
}

/// The runtime of the scope around, if there is one.
pub(crate) fn runtime() -> Option<Arc<dyn Runtime>> {
    let (unopened, scope) = look(|current| match &current.timeout {
        InTimeout::Unopened(unopened) => (Some(unopened.runtime.clone()), None),
        _ => (None, current.env.scope().cloned()),
    })?;
    unopened.or_else(|| scope.map(|scope| scope.runtime()))
}

/// Where the code runs that runs now.
pub(super) fn place() -> Place {
    with(|env| {
        let task = match (env.task(), env.scope()) {
            (Some(task), _) => Arc::as_ptr(task).addr(),
            (None, Some(_)) => UNMADE,
            (None, None) => 0,
        };
        Place::new(task, env.is_shielded())
    })
}

/// What is recorded of the task that is being polled: inside a timeout, of the task around it.
pub(crate) fn task_record() -> Option<Arc<TaskRecord>> {
    let (mut record, mut scope) = with_task(|env| (env.record().cloned(), env.scope().cloned()));
    while record.is_none() {
        let task = scope?.link()?.task;
        record = task.record().cloned();
        scope = Some(task.scope.clone());
    }
    record
}

/// What surrounds a closure of the task that is being polled, on a thread that may block.
pub(crate) fn of_closure() -> Env {
    with(|env| {
        env.make_task();
        env.same()
    })
    .may_block()
}

/// Whether the task that is being polled, or a scope around it, was cancelled; behind a shield, whether its grace is over.
pub(crate) fn is_cancelled_here() -> bool {
    let cancelled = visible_task().is_some_and(|task| task.node().reason().is_some());
    cancelled || task().is_some_and(|task| task.grace() > Grace::Holds)
}

/// The task whose thread must not be blocked.
pub(crate) fn must_not_block() -> Option<TaskInfo> {
    if is_in_closure() { None } else { current() }
}

/// Whether a closure of a task's is running, on a thread that may block.
pub(crate) fn is_in_closure() -> bool {
    with_task(|env| env.is_in_closure())
}

/// Which task is being polled; `None` outside any scope.
///
/// In the body of a scope it is the body; in a [`timeout`](crate::timeout) the task that polls the timeout.
///
/// # Examples
///
/// ```
/// # use purview_core as purview;
/// use purview::{current, scope};
///
/// assert!(current().is_none());
/// let name = purview::block_on(scope(async |s| {
///     s.task().name("loader").spawn(async { current().unwrap().name().to_owned() }).await
/// }));
/// assert_eq!(name, "loader");
/// ```
pub fn current() -> Option<TaskInfo> {
    with_task(|env| env.named_info())
}
