use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use super::{
    mode::{First, FirstSuccess, Quorum},
    options::Gather,
    outcome::{Event, into_result},
    source::Source,
};
use crate::{
    cancel::CancelReason,
    error::{Empty, OneByOne, ScopeError, TaskError, expect_panics},
    policy::End,
};

impl<S: Source<Future: Future<Output = Result<T, E>>>, T, E> Future for Gather<S, First> {
    type Output = Result<(usize, Result<T, TaskError<E>>), Empty>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let _expected = expect_panics();
        let this = self.get_mut();
        if this.source.as_ref().is_some_and(|source| source.left() == Some(0)) {
            this.decide_at_once();
            return Poll::Ready(Err(Empty));
        }
        ready!(this.poll_to_end(cx, |crew, outcome, event| {
            let Event::Ended(ended) = event else { return None };
            if crew.is_running() {
                outcome.won.push(ended);
                return Some(CancelReason::Ended);
            }
            crew.raise(ended);
            None
        }));
        if let Some(first) = this.outcome.won.pop() {
            return Poll::Ready(Ok((first.index, into_result(first.end))));
        }
        // Nobody had ended when it was cut, or the race would have been over.
        let cut = this.outcome.stopped.take();
        Poll::Ready(cut.map(|reason| (0, Err(TaskError::Cancelled(reason)))).ok_or(Empty))
    }
}

impl<S: Source<Future: Future<Output = Result<T, E>>>, T, E> Future for Gather<S, FirstSuccess> {
    type Output = Result<(usize, T), ScopeError<E>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let _expected = expect_panics();
        let this = self.get_mut();
        let won = ready!(this.poll_wins(cx, 1))?;
        Poll::Ready(Ok(won.into_iter().next().expect("a race that is won has a winner")))
    }
}

impl<S: Source<Future: Future<Output = Result<T, E>>>, T, E> Future for Gather<S, Quorum> {
    type Output = Result<Vec<(usize, T)>, ScopeError<E>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let _expected = expect_panics();
        let this = self.get_mut();
        let k = this.mode.0;
        this.poll_wins(cx, k)
    }
}

impl<S: Source<Future: Future<Output = Result<T, E>>>, T, E, M> Gather<S, M> {
    /// Waits until `k` have succeeded, or so many no longer can.
    #[expect(clippy::type_complexity, reason = "as public as it is long")]
    fn poll_wins(&mut self, cx: &mut Context<'_>, k: usize) -> Poll<Result<Vec<(usize, T)>, ScopeError<E>>> {
        if let Some(source) = &self.source {
            if k == 0 {
                self.decide_at_once();
                return Poll::Ready(Ok(Vec::new()));
            }
            if source.left().is_some_and(|left| left < k) {
                self.decide_at_once();
                return Poll::Ready(Err(ScopeError::new(CancelReason::Ended, Vec::new())));
            }
        }
        ready!(self.poll_to_end(cx, |crew, outcome, event| {
            if let Event::Ended(ended) = event {
                match &ended.end {
                    End::Returned(Ok(_)) if crew.is_running() => outcome.won.push(ended),
                    End::Returned(Err(_)) | End::Panicked(_) if outcome.won.len() < k => outcome.keep_failure(ended),
                    _ => crew.raise(ended),
                }
            }
            if outcome.won.len() == k {
                return Some(CancelReason::Ended);
            }
            let out_of_reach = crew.left().is_some_and(|left| outcome.won.len() + left < k);
            out_of_reach.then(|| outcome.why_lost(crew.started < k))
        }));
        if self.outcome.won.len() == k {
            let mut won = OneByOne::new(self.outcome.won.take_all());
            self.outcome.drop_others();
            let won = won
                .take_all()
                .into_iter()
                .filter_map(|ended| Some((ended.index, into_result(ended.end).ok()?)));
            return Poll::Ready(Ok(won.collect()));
        }
        let failures = self.take_failures();
        let stopped = self.outcome.stopped.take();
        let reason = stopped.expect("a race that nobody has won was cut, when it was lost at the latest");
        Poll::Ready(Err(ScopeError::new(reason, failures)))
    }
}
