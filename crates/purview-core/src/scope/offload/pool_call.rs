use std::sync::{Arc, Weak};

use super::{
    DROPPED_BY_THE_RUNTIME,
    closure::{BlockingCall, Closure},
};

/// What the pool is given. A pool that drops it without running it has lost it. The closure is its scope's: a pool that
/// never comes to it keeps nothing of a scope that was dropped.
pub(super) struct PoolCall<F: Closure>(Weak<BlockingCall<F>>);

impl<F: Closure> PoolCall<F> {
    pub(super) fn new(call: &Arc<BlockingCall<F>>) -> Self {
        Self(Arc::downgrade(call))
    }

    pub(super) fn run(self) {
        if let Some(call) = self.0.upgrade() {
            call.run();
        }
    }
}

impl<F: Closure> Drop for PoolCall<F> {
    fn drop(&mut self) {
        let Some(call) = self.0.upgrade() else { return };
        let asking = {
            let mut state = call.lock();
            state.dropped = true;
            state.asking
        };
        if !asking {
            call.lose(DROPPED_BY_THE_RUNTIME);
        }
    }
}
