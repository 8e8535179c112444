use std::{cell::RefCell, marker::PhantomData, mem};

use super::{
    Env,
    unopened::{InTimeout, open},
};
use crate::sync::thread_local;

thread_local! {
    /// Never borrowed while code of the user's runs.
    static CURRENT: RefCell<Current> = RefCell::default();
}

/// What surrounds the code that runs now.
#[derive(Default)]
pub(super) struct Current {
    pub(super) env: Env,
    /// The timeout that it is the inside of, until something asks for the timeout's scope.
    pub(super) timeout: InTimeout,
}

/// `None` on a thread that is being torn down, which has no surroundings any more.
pub(super) fn look<T>(look: impl FnOnce(&mut Current) -> T) -> Option<T> {
    CURRENT.try_with(|current| look(&mut current.borrow_mut())).ok()
}

/// What surrounds the caller, but for its scope, and its task's node: those of the inside of a timeout may not be there yet.
pub(super) fn with_task<T: Default>(with: impl FnOnce(&mut Env) -> T) -> T {
    look(|current| with(&mut current.env)).unwrap_or_default()
}

/// As [`look`], where the scope of the timeout that the caller is in is there: it is made first, if nothing has asked for it.
pub(super) fn look_opened<T>(look_at: impl FnOnce(&mut Current) -> T) -> Option<T> {
    let looked = look(|current| {
        if current.timeout.is_unopened() {
            return Err(look_at);
        }
        Ok(look_at(current))
    })?;
    match looked {
        Ok(value) => Some(value),
        Err(look_at) => {
            open();
            look(look_at)
        }
    }
}

/// What surrounds the caller, the scope of a timeout included.
pub(super) fn with<T: Default>(with: impl FnOnce(&mut Env) -> T) -> T {
    look_opened(|current| with(&mut current.env)).unwrap_or_default()
}

/// Puts back what surrounded the caller when dropped.
#[must_use]
pub(crate) struct Entered<'a> {
    env: &'a mut Env,
    /// It belongs to this thread.
    here: PhantomData<*const ()>,
}

impl Env {
    /// Makes this the surroundings of the code that runs until the guard is dropped: nothing is cloned, the two are
    /// swapped.
    pub(crate) fn enter(&mut self) -> Entered<'_> {
        look_opened(|current| mem::swap(&mut current.env, self));
        Entered {
            env: self,
            here: PhantomData,
        }
    }
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        look(|current| mem::swap(&mut current.env, self.env));
    }
}
