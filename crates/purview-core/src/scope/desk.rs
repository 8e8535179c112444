use std::sync::{Arc, PoisonError};

use crate::{
    cancel::CancelReason,
    error::Panic,
    policy::{End, Policy},
    sync::{Mutex, MutexGuard, OnceLock},
};

/// Where the policy of a scope is found by whoever has an end to report.
///
/// It is taken out while it is asked, because it is the user's code and may do anything; only the task that polls the
/// scope asks, so nobody finds the desk empty.
pub(crate) struct Desk<P> {
    policy: Mutex<Option<P>>,
    /// Why everybody is dropped with the scope's future, where a scope around it hears of panics.
    abandoned: OnceLock<CancelReason>,
}

impl<P: Policy> Desk<P> {
    pub(super) fn new(policy: P) -> Arc<Self> {
        Arc::new(Self {
            policy: Mutex::new(Some(policy)),
            abandoned: OnceLock::new(),
        })
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

    pub(super) fn put_back(&self, policy: P) {
        *self.lock() = Some(policy);
    }

    /// The scope's future is being dropped, and a scope around it hears of a panic.
    pub(super) fn abandon(&self, reason: CancelReason) {
        let _ = self.abandoned.set(reason);
    }

    /// What the policy is told of this end. Nobody will ask it for a result, so a panic goes where it is heard of.
    pub(super) fn withhold_panic<C>(&self, end: End<C>) -> (End<C>, Option<Panic>) {
        match (end, self.abandoned.get()) {
            (End::Panicked(panic), Some(reason)) => (End::Cancelled(reason.clone()), Some(panic)),
            (end, _) => (end, None),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lock().is_none()
    }
}

impl<P> Desk<P> {
    fn lock(&self) -> MutexGuard<'_, Option<P>> {
        self.policy.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Asked<'a, P> {
    desk: &'a Desk<P>,
    policy: Option<P>,
}

impl<P> Drop for Asked<'_, P> {
    fn drop(&mut self) {
        *self.desk.lock() = self.policy.take();
    }
}
