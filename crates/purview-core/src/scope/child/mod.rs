//! A task of a scope, as its engine sees it: its type is forgotten.

mod body;
mod local;
mod unclaimed;
mod verdict;

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use crate::{cancel::CancelReason, context::Env, policy::Policy};

pub(super) use self::{
    body::Body,
    local::{LocalChild, report},
    unclaimed::Unclaimed,
    verdict::{Verdict, withhold_panic},
};

/// A child, a finalizer, or the body.
///
/// When it ends, its future is dropped first and its end is kept; then the engine has it reported to the policy and left
/// for its [`Task`](crate::Task). So the future has been dropped before its end is reported.
pub(crate) trait Child<P: Policy> {
    fn env(&self) -> &Env;

    fn env_mut(self: Pin<&mut Self>) -> &mut Env;

    /// Why it is to stop alone.
    fn stopped_alone(&self) -> Option<CancelReason>;

    /// Polls it; ready when it has ended.
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()>;

    /// Drops its future without polling it; pending where another thread is in it, which then drops it.
    fn cut(self: Pin<&mut Self>, reason: CancelReason) -> Poll<()>;

    /// Tells the policy how it ended, and leaves what the policy makes of that for its `Task`. Where the scope's future is
    /// being dropped inside another scope, `abandoned` is why, and a panic is given back instead of told.
    fn report(self: Pin<&mut Self>, policy: &mut P, abandoned: Option<&CancelReason>) -> Verdict;

    /// It has ended, and that was reported.
    fn end(&self) {
        self.env().note_end();
        if let Some(task) = self.env().task() {
            task.end();
        }
    }

    /// Whether its result was not taken.
    fn is_unclaimed(&self) -> bool {
        false
    }

    /// Gives a result that was not taken back to the policy.
    fn reclaim(self: Pin<&mut Self>, policy: &mut P) {
        let _ = policy;
    }

    /// The scope is dropped. Where another thread is still in it, its `Task` gets what there is to say; where it is the
    /// body, its value is dropped.
    fn abandon(self: Pin<&mut Self>, reason: CancelReason) {
        let _ = reason;
    }

    /// Whether it is to stop: alone, or with its scope.
    fn is_stopped(&self) -> bool {
        self.env().stopped().is_some() || self.stopped_alone().is_some()
    }

    /// Why it is to stop: alone, or with its scope.
    fn stopped(&self) -> Option<CancelReason> {
        self.stopped_alone().or_else(|| self.env().stopped().cloned())
    }
}
