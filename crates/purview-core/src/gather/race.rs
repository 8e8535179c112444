use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use super::{
    crew::Crew,
    member::Ended,
    mode::{First, FirstSuccess, Quorum},
    options::Gather,
    outcome::into_result,
    source::Source,
};
use crate::{
    cancel::CancelReason,
    error::{Empty, ScopeError, TaskError},
    policy::End,
};

impl<S: Source<Future: Future<Output = Result<T, E>>>, T, E> Future for Gather<S, First> {
    type Output = Result<(usize, Result<T, TaskError<E>>), Empty>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        if this.crew.is_none() && this.source.left() == Some(0) && !this.outcome.done {
            this.outcome.done = true;
            return Poll::Ready(Err(Empty));
        }
        let started = ready!(this.poll_to_end(cx, |crew, _, outcome, ended| {
            if crew.is_running() {
                outcome.won.push(ended);
                crew.cut(&CancelReason::Ended);
            } else {
                lost(crew, ended);
            }
        }));
        if let Some(first) = this.outcome.won.pop() {
            return Poll::Ready(Ok((first.index, into_result(first.end))));
        }
        Poll::Ready(match this.outcome.stopped.take() {
            // Nobody had ended, or the race would have been over.
            Some(reason) if started > 0 || this.outcome.total > 0 => Ok((0, Err(TaskError::Cancelled(reason)))),
            _ => Err(Empty),
        })
    }
}

impl<S: Source<Future: Future<Output = Result<T, E>>>, T, E> Future for Gather<S, FirstSuccess> {
    type Output = Result<(usize, T), ScopeError<E>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        let won = ready!(this.poll_wins(cx, 1))?;
        Poll::Ready(Ok(won.into_iter().next().expect("a race that is won has a winner")))
    }
}

impl<S: Source<Future: Future<Output = Result<T, E>>>, T, E> Future for Gather<S, Quorum> {
    type Output = Result<Vec<(usize, T)>, ScopeError<E>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        let k = this.mode.0;
        this.poll_wins(cx, k)
    }
}

impl<S: Source<Future: Future<Output = Result<T, E>>>, T, E, M> Gather<S, M> {
    /// Waits until `k` have succeeded, or so many no longer can.
    #[expect(clippy::type_complexity, reason = "as public as it is long")]
    fn poll_wins(&mut self, cx: &mut Context<'_>, k: usize) -> Poll<Result<Vec<(usize, T)>, ScopeError<E>>> {
        if self.crew.is_none() && !self.outcome.done {
            if k == 0 {
                self.outcome.done = true;
                return Poll::Ready(Ok(Vec::new()));
            }
            if self.source.left().is_some_and(|left| left < k) {
                self.outcome.done = true;
                return Poll::Ready(Err(ScopeError::new(CancelReason::Ended, Vec::new())));
            }
        }
        let started = ready!(self.poll_to_end(cx, |crew, source, outcome, ended| {
            let decided = outcome.won.len() >= k;
            match &ended.end {
                End::Returned(Ok(_)) if !decided && crew.is_running() => {
                    outcome.won.push(ended);
                    if outcome.won.len() == k {
                        crew.cut(&CancelReason::Ended);
                    }
                    return;
                }
                End::Returned(Err(_)) | End::Panicked(_) if !decided => outcome.keep_failure(ended),
                _ => lost(crew, ended),
            }
            let left = if crew.is_exhausted() {
                Some(0)
            } else {
                source.left().map(|left| left + crew.kept_back())
            };
            if left.is_some_and(|left| outcome.won.len() + crew.running() + left < k) {
                crew.cut(&CancelReason::Failed);
            }
        }));
        if self.outcome.won.len() == k {
            let won = std::mem::take(&mut self.outcome.won);
            let won = won
                .into_iter()
                .filter_map(|ended| Some((ended.index, into_result(ended.end).ok()?)));
            return Poll::Ready(Ok(won.collect()));
        }
        let failures = self.take_failures();
        let reason = self
            .outcome
            .stopped
            .take()
            .unwrap_or(if started < k && failures.is_empty() {
                CancelReason::Ended
            } else {
                CancelReason::Failed
            });
        Poll::Ready(Err(ScopeError::new(reason, failures)))
    }
}

/// Nobody asks any more how this one ended, but for a panic.
fn lost<F: Future>(crew: &mut Crew<F>, ended: Ended<F::Output>) {
    if let End::Panicked(panic) = ended.end {
        crew.panicked.keep(panic);
    }
}
