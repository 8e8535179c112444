use std::{cell::RefCell, marker::PhantomData, sync::Arc};

use super::{Binding, Frame, Role, TaskId, TaskInfo};
use crate::{
    scope::{Link, State},
    sync::thread_local,
};

thread_local! {
    static CURRENT: RefCell<Surroundings> = RefCell::default();
}

/// What surrounds the code that runs now.
#[derive(Clone, Default)]
pub(crate) struct Surroundings {
    pub(crate) place: Place,
    /// Inside a shield the scopes around are not seen: neither their cancellation nor their deadline.
    pub(crate) shielded: bool,
    pub(crate) bindings: Option<Arc<Binding>>,
    /// This is a thread for blocking work, though it works for a task.
    pub(crate) may_block: bool,
}

#[derive(Clone, Default)]
pub(crate) enum Place {
    #[default]
    Outside,
    Task(Arc<Frame>),
    /// A future of a gather, which gets a frame only when it asks for something that needs one.
    Member {
        scope: Arc<State>,
        id: TaskId,
        number: u64,
        frame: Option<Arc<Frame>>,
    },
}

impl Place {
    fn scope(&self) -> Option<&Arc<State>> {
        match self {
            Self::Outside => None,
            Self::Task(frame) => Some(&frame.scope),
            Self::Member { scope, .. } => Some(scope),
        }
    }

    fn frame(&mut self) -> Option<Arc<Frame>> {
        match self {
            Self::Outside => None,
            Self::Task(frame) => Some(frame.clone()),
            Self::Member {
                scope,
                id,
                number,
                frame,
            } => Some(
                frame
                    .get_or_insert_with(|| {
                        let info = TaskInfo::numbered(*id, scope.naming(), *number);
                        Frame::new(info, scope.clone(), None, Role::Ordinary)
                    })
                    .clone(),
            ),
        }
    }
}

/// Puts back what surrounded the caller when dropped.
#[must_use]
pub(crate) struct Entered {
    /// Until it has been put back.
    outer: Option<Surroundings>,
    /// It belongs to this thread.
    here: PhantomData<*const ()>,
}

impl Entered {
    /// As dropping it; gives what was current, with what was made of it meanwhile.
    pub(crate) fn leave(mut self) -> Surroundings {
        self.outer.take().map(replace).unwrap_or_default()
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        let inner = self.outer.take().map(replace);
        drop(inner);
    }
}

pub(crate) fn enter(surroundings: Surroundings) -> Entered {
    Entered {
        outer: Some(replace(surroundings)),
        here: PhantomData,
    }
}

/// Hides the scopes around from the code that runs until the guard is dropped.
pub(crate) fn enter_shield() -> Entered {
    enter(Surroundings {
        shielded: true,
        ..snapshot()
    })
}

/// Binds a context value for the code that runs until the guard is dropped.
pub(super) fn enter_bindings(binding: Arc<Binding>) -> Entered {
    enter(Surroundings {
        bindings: Some(binding),
        ..snapshot()
    })
}

/// The old value is given back, so that what it owns is dropped outside the borrow.
fn replace(surroundings: Surroundings) -> Surroundings {
    // A thread that is being taken down has no surroundings any more.
    CURRENT
        .try_with(|current| current.replace(surroundings))
        .unwrap_or_default()
}

fn snapshot() -> Surroundings {
    CURRENT
        .try_with(|current| {
            let mut current = current.borrow_mut();
            // A copy must share the frame, not make a second one.
            let _ = matches!(current.place, Place::Member { .. }).then(|| current.place.frame());
            current.clone()
        })
        .unwrap_or_default()
}

pub(crate) fn bindings() -> Option<Arc<Binding>> {
    CURRENT
        .try_with(|current| current.borrow().bindings.clone())
        .unwrap_or_default()
}

/// The task that is being polled.
pub(crate) fn frame() -> Option<Arc<Frame>> {
    CURRENT
        .try_with(|current| current.borrow_mut().place.frame())
        .unwrap_or_default()
}

/// The task whose thread must not be blocked.
pub(crate) fn must_not_block() -> Option<TaskInfo> {
    if is_in_closure() { None } else { current() }
}

/// Whether a closure of a task's is running, on a thread that may block.
pub(crate) fn is_in_closure() -> bool {
    CURRENT
        .try_with(|current| current.borrow().may_block)
        .unwrap_or_default()
}

/// The task that is being polled, unless a shield hides its scope.
pub(crate) fn visible_frame() -> Option<Arc<Frame>> {
    CURRENT
        .try_with(|current| {
            let mut current = current.borrow_mut();
            if current.shielded { None } else { current.place.frame() }
        })
        .unwrap_or_default()
}

/// The innermost scope around, and whether a shield hides it.
pub(crate) fn scope() -> Option<(Arc<State>, bool)> {
    CURRENT
        .try_with(|current| {
            let current = current.borrow();
            current.place.scope().map(|scope| (scope.clone(), current.shielded))
        })
        .unwrap_or_default()
}

/// How a scope that is polled now hangs in the one around it.
pub(crate) fn link() -> Option<Link> {
    CURRENT
        .try_with(|current| {
            let mut current = current.borrow_mut();
            let shielded = current.shielded;
            current.place.frame().map(|frame| Link { frame, shielded })
        })
        .unwrap_or_default()
}

/// Which task is being polled; `None` outside any scope.
///
/// In the body of a scope it is the body; in a [`timeout`](crate::timeout) the task that called it.
///
/// ```
/// use purview_core::{current, scope};
///
/// assert!(current().is_none());
/// let name = purview_core::block_on(scope(async |s| {
///     s.task().name("loader").spawn(async { current().unwrap().name().to_owned() }).await
/// }));
/// assert_eq!(name, "loader");
/// ```
pub fn current() -> Option<TaskInfo> {
    CURRENT
        .try_with(|current| match &current.borrow().place {
            Place::Outside => None,
            Place::Task(frame) => Some(frame.info.clone()),
            Place::Member { scope, id, number, .. } => Some(TaskInfo::numbered(*id, scope.naming(), *number)),
        })
        .unwrap_or_default()
}
