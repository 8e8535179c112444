use std::sync::{Arc, PoisonError};

use crate::{
    policy::Policy,
    sync::{Mutex, MutexGuard},
};

/// Where the policy of a scope is found by whoever has an end to report.
///
/// It is taken out while it is asked, because it is the user's code and may do anything; only the task that polls the
/// scope asks, so nobody finds the desk empty.
pub(crate) struct Desk<P>(Mutex<Option<P>>);

impl<P: Policy> Desk<P> {
    pub(super) fn new(policy: P) -> Arc<Self> {
        Arc::new(Self(Mutex::new(Some(policy))))
    }

    /// Asks the policy, and puts it back even if it panics.
    pub(super) fn ask<T>(&self, ask: impl FnOnce(&mut P) -> T) -> T {
        let policy = self
            .take()
            .expect("a scope asks its policy from one place at a time, until it resolves");
        let mut asked = Asked {
            desk: self,
            policy: Some(policy),
        };
        ask(asked.policy.as_mut().expect("put there just above"))
    }

    pub(super) fn take(&self) -> Option<P> {
        self.lock().take()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lock().is_none()
    }

    fn lock(&self) -> MutexGuard<'_, Option<P>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Asked<'a, P> {
    desk: &'a Desk<P>,
    policy: Option<P>,
}

impl<P> Drop for Asked<'_, P> {
    fn drop(&mut self) {
        *self.desk.0.lock().unwrap_or_else(PoisonError::into_inner) = self.policy.take();
    }
}
