use std::sync::Arc;

use crate::{
    context::{self, Env, TaskSpan, unwind},
    panic::{Panic, catch, discard},
    runtime::{PoolJob, PoolStage},
    tree::{HoldKind, TaskNode},
};

pub(super) type Call<T> = Box<dyn FnOnce() -> T + Send>;

type Queued<T> = (Call<T>, Env, TaskSpan);

/// A closure on its way through a pool, in what surrounded the call.
pub(super) struct Closure<T> {
    pub(super) stage: PoolStage<Queued<T>, Ended<T>>,
    /// Holds while it runs.
    waiting: Option<Arc<TaskNode>>,
}

/// How a closure ended.
pub(super) enum Ended<T> {
    Returned(T),
    Panicked(Panic),
    /// It unwound out of a `block_on`, because the task that awaits it was cancelled.
    Unwound,
    /// The runtime does not run it.
    Lost(String),
}

impl<T> Closure<T> {
    pub(super) fn new(f: Call<T>, waiting: Option<Arc<TaskNode>>) -> Arc<Self> {
        Arc::new(Self {
            stage: PoolStage::new((f, context::of_closure(), TaskSpan::here())),
            waiting,
        })
    }
}

impl<T: Send + 'static> PoolJob for Closure<T> {
    type Queued = Queued<T>;
    type Ended = Ended<T>;

    fn stage(&self) -> &PoolStage<Queued<T>, Ended<T>> {
        &self.stage
    }

    fn run(&self) {
        // Before it can be seen that it runs: the scopes around wait for its end, also when they have dropped what is in
        // between.
        if let Some(task) = &self.waiting {
            task.hold(HoldKind::Elsewhere);
        }
        if let Some((f, mut env, span)) = self.stage.begin() {
            let called = catch(|| {
                let _entered = env.enter();
                span.run(f)
            });
            span.close();
            // Where these are the last to have a context value, there is nothing to report its panic to.
            discard(env);
            self.stage.end(match called {
                Ok(value) => Ended::Returned(value),
                Err(panic) if unwind::is_unwound(&panic) => Ended::Unwound,
                Err(panic) => Ended::Panicked(panic),
            });
        }
        if let Some(task) = &self.waiting {
            task.let_go(HoldKind::Elsewhere);
        }
    }

    fn lost(why: String) -> Ended<T> {
        Ended::Lost(why)
    }
}
