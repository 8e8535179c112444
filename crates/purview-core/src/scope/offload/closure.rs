use std::{
    sync::Arc,
    task::{Context, Poll},
};

use super::Offload;
use crate::{
    cancel::{CancelReason, CancelToken},
    context::{Env, unwind},
    panic::{catch, discard},
    policy::End,
    runtime::{PoolJob, PoolStage, give_to_pool},
    tree::{HoldKind, TaskNode},
};

/// A closure on its way through the pool.
pub(in crate::scope) struct BlockingCall<F: Closure> {
    task: Arc<TaskNode>,
    stage: PoolStage<(F, Env), End<F::Output>>,
}

/// A closure for the pool. As a trait with a type of its own for what it returns, which then lives as long as the closure.
pub(in crate::scope) trait Closure {
    type Output;

    fn call(self, token: CancelToken) -> Self::Output;
}

impl<F: FnOnce(CancelToken) -> O, O> Closure for F {
    type Output = O;

    fn call(self, token: CancelToken) -> O {
        self(token)
    }
}

impl<F: Closure> BlockingCall<F> {
    pub(in crate::scope) fn new(env: Env, f: F) -> Arc<Self> {
        Arc::new(Self {
            task: env.task().expect("a closure has its node from the start").clone(),
            stage: PoolStage::new((f, env)),
        })
    }

    fn call(&self, f: F, mut env: Env) -> End<F::Output> {
        let task = &self.task;
        // It had not started when it was cancelled, and the scope has not come to take it out.
        if let Some(reason) = task.stopped() {
            return End::Cancelled(reason.clone()).after(|| drop((f, env)));
        }
        let token = task.token();
        let mut span = env.take_span();
        let mut env = env.may_block();
        let called = catch(|| {
            span.begin(&env);
            let _entered = env.enter();
            span.call(|| f.call(token))
        });
        span.close();
        // Where these are the last to have a context value, there is nothing to report its panic to.
        discard(env);
        match called {
            Ok(value) => End::Returned(value),
            Err(panic) if unwind::is_unwound(&panic) => {
                End::Cancelled(task.token().reason().unwrap_or(CancelReason::Parent))
            }
            Err(panic) => End::Panicked(panic),
        }
    }
}

impl<F: Closure<Output: Send> + Send + 'static> PoolJob for BlockingCall<F> {
    type Queued = (F, Env);
    type Ended = End<F::Output>;

    fn stage(&self) -> &PoolStage<(F, Env), End<F::Output>> {
        &self.stage
    }

    fn run(&self) {
        let task = &self.task;
        task.note_blocking();
        // Before it can be seen that it runs: the scopes around wait for its end, also when they have dropped what is in
        // between.
        task.scope.hold(HoldKind::Elsewhere);
        if let Some((f, env)) = self.stage.begin() {
            self.stage.end(self.call(f, env));
        }
        task.scope.let_go(HoldKind::Elsewhere);
    }

    fn lost(why: String) -> End<F::Output> {
        End::Cancelled(CancelReason::Requested(Some(why.into())))
    }
}

impl<F: Closure<Output: Send> + Send + 'static> Offload for BlockingCall<F> {
    type Output = F::Output;

    fn give(self: &Arc<Self>, task: &Arc<TaskNode>) {
        give_to_pool(self, &*task.scope.runtime());
    }

    fn poll(&self, cx: &mut Context<'_>) -> Poll<End<F::Output>> {
        self.stage.poll(cx)
    }

    /// Skips it where it has not started.
    fn cut(&self, reason: CancelReason) -> Poll<End<F::Output>> {
        if let Some((f, _)) = self.stage.skip() {
            return Poll::Ready(End::Cancelled(reason).after(|| drop(f)));
        }
        match self.stage.take_end() {
            // Seeded: a closure that runs is not waited for.
            Poll::Pending if !cfg!(purview_seeded_bug = "running-closure-cut") => Poll::Pending,
            Poll::Ready(Some(end)) => Poll::Ready(end),
            _ => Poll::Ready(End::Cancelled(reason)),
        }
    }

    fn abandon(&self) {
        discard(self.stage.abandon());
    }
}
