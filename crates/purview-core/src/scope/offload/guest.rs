use std::{
    sync::{Arc, PoisonError},
    task::{Context, Poll, Waker},
};

use super::{Offload, ParallelFuture};
use crate::{
    cancel::CancelReason,
    context::Env,
    panic::{FirstPanic, discard},
    policy::End,
    sync::{Mutex, MutexGuard},
    tree::{TaskInfo, TaskNode},
    wake::wake_quietly,
};

/// A guest: what awaits it polls its future, and its scope destroys it.
///
/// What awaits it polls it until it is dropped. A guest that holds then is its scope's to poll, until it lets go.
pub(in crate::scope) struct Guest<F: Future> {
    future: ParallelFuture<F>,
    entry: Mutex<Entry>,
}

struct Entry {
    /// The scope lets it begin: under a limit or a rate it waits for that.
    started: bool,
    /// Has what awaits it look whether it was started.
    queued: Option<Waker>,
    /// It was polled, or is about to be.
    begun: bool,
    /// What to say where the policy has no value for its end.
    reason: Option<CancelReason>,
}

impl<F: Future> Guest<F> {
    pub(in crate::scope) fn new(env: Env, fut: F, started: bool) -> Arc<Self> {
        let entry = Entry {
            started,
            queued: None,
            begun: false,
            reason: None,
        };
        Arc::new(Self {
            future: ParallelFuture::new(env, fut),
            entry: Mutex::new(entry),
        })
    }

    /// The future, where it was never polled.
    pub(in crate::scope) fn take_future(&self) -> Option<F> {
        self.future.take_future()
    }

    /// Whether it has begun, or begins now; or why it never will.
    fn begin(&self, cx: &Context<'_>) -> Result<bool, CancelReason> {
        let started = {
            let entry = self.lock();
            match &entry.reason {
                _ if entry.begun => return Ok(true),
                Some(reason) => return Err(reason.clone()),
                None => entry.started,
            }
        };
        if let Some(reason) = self.refusal() {
            self.dismiss(&reason);
            return Err(reason);
        }
        // Outside the lock: cloning it runs the caller's code.
        let waker = (!started).then(|| cx.waker().clone());
        let (begun, old) = {
            let mut entry = self.lock();
            if let Some(reason) = entry.reason.clone() {
                return Err(reason);
            }
            // Seeded: it has looked just above.
            let unseen = cfg!(purview_seeded_bug = "guest-waits-too-late");
            entry.begun = if unseen { started } else { entry.started };
            (entry.begun, std::mem::replace(&mut entry.queued, waker))
        };
        drop(old);
        Ok(begun)
    }

    /// Why its scope does not let it begin.
    fn refusal(&self) -> Option<CancelReason> {
        let task = &self.future.task;
        // One that is being given time to end begins like any other that was in before.
        task.stopped().or_else(|| task.scope.refuses()).cloned()
    }

    /// Cancels it; only the scope polls it from now on, where it holds.
    fn dismiss(&self, reason: &CancelReason) {
        let task = &self.future.task;
        let mut panicked = FirstPanic::default();
        // First: what is in it is told of it, and may hold.
        panicked.run(|| {
            task.cancel(reason.clone());
        });
        let (begun, queued) = {
            let mut entry = self.lock();
            if !entry.begun {
                entry.reason.get_or_insert_with(|| reason.clone());
            }
            (entry.begun, entry.queued.take())
        };
        discard(queued);
        self.future.keep_in_scope();
        if !begun || !task.holds() {
            let reason = task.stopped().unwrap_or(reason).clone();
            discard(self.future.destroy(reason));
        }
        panicked.resume_if_expected();
    }

    /// Keeps what is said of it where the policy has no value for this end.
    fn keep_reason(&self, end: End<F::Output>) -> End<F::Output> {
        let reason = match &end {
            End::Returned(_) => CancelReason::Failed,
            End::Panicked(_) => CancelReason::Panicked,
            End::Cancelled(reason) => reason.clone(),
        };
        self.lock().reason.get_or_insert(reason);
        end
    }

    fn lock(&self) -> MutexGuard<'_, Entry> {
        self.entry.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<F: Future<Output: Send> + Send + 'static> Offload for Guest<F> {
    type Output = F::Output;

    /// It may begin, whenever it is polled.
    fn give(self: &Arc<Self>, _: &Arc<TaskNode>) {
        let queued = {
            let mut entry = self.lock();
            entry.started = true;
            entry.queued.take()
        };
        wake_quietly(queued);
    }

    fn poll(&self, cx: &mut Context<'_>) -> Poll<End<F::Output>> {
        self.future.poll(cx).map(|end| self.keep_reason(end))
    }

    fn cut(&self, reason: CancelReason) -> Poll<End<F::Output>> {
        self.future.cut(reason).map(|end| self.keep_reason(end))
    }

    fn abandon(&self) {
        self.future.abandon();
    }
}

/// A guest whose type is forgotten, as what awaits it has it.
pub(in crate::scope) trait Awaited: Send + Sync {
    fn info(&self) -> &TaskInfo;

    /// Runs it on. Gives why it will never begin, if that is so.
    fn poll(&self, cx: &mut Context<'_>) -> Option<CancelReason>;

    /// Why it ended before it began, if it did.
    fn refused(&self) -> Option<CancelReason>;

    /// Why there is no value, where the policy gave none.
    fn reason(&self) -> CancelReason;

    /// What awaited it is dropped.
    fn leave(&self);
}

impl<F: Future<Output: Send> + Send + 'static> Awaited for Guest<F> {
    fn info(&self) -> &TaskInfo {
        &self.future.task.info
    }

    fn poll(&self, cx: &mut Context<'_>) -> Option<CancelReason> {
        match self.begin(cx) {
            Err(reason) => return Some(reason),
            Ok(false) => return None,
            Ok(true) => {}
        }
        // One that is to be dropped is polled no more: its scope has been woken for that.
        if self.future.is_over() || self.future.cut_now().is_some() {
            return None;
        }
        match self.future.poll_elsewhere(cx) {
            // There is no policy to be told any more.
            Poll::Ready(Some(End::Panicked(panic))) => panic.resume(),
            Poll::Ready(left) => discard(left),
            Poll::Pending => {}
        }
        None
    }

    fn refused(&self) -> Option<CancelReason> {
        let entry = self.lock();
        entry.reason.clone().filter(|_| !entry.begun)
    }

    fn reason(&self) -> CancelReason {
        let reason = self.lock().reason.clone();
        let cut = || self.future.task.scope.cut().cloned();
        reason.or_else(cut).unwrap_or(CancelReason::Ended)
    }

    fn leave(&self) {
        if !self.future.is_over() {
            self.dismiss(&CancelReason::Requested(Some(
                "what awaited the guest was dropped".into(),
            )));
        }
    }
}
