use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use super::{First, FirstSuccess, Mode, Quorum};
use crate::{
    cancel::CancelReason,
    engine::Engine,
    error::{Empty, ScopeError, TaskError},
    gather::{
        numbered::Ended,
        options::Gather,
        outcome::{Outcome, into_result},
        source::Source,
    },
    panic::{OneByOne, expect_panics},
    policy::End,
};

impl<O> Mode<O> for First {
    fn judge(&self, ended: Ended<O>, outcome: &mut Outcome<O>, engine: &mut Engine) -> Option<CancelReason> {
        if engine.is_running() && outcome.won.is_empty() {
            outcome.won.push(ended);
            return Some(CancelReason::Ended);
        }
        ended.drop_into(&mut engine.panicked);
        None
    }
}

impl<T, E> Mode<Result<T, E>> for Quorum {
    fn judge(
        &self,
        ended: Ended<Result<T, E>>,
        outcome: &mut Outcome<Result<T, E>>,
        engine: &mut Engine,
    ) -> Option<CancelReason> {
        let is_open = outcome.won.len() < self.0;
        match &ended.end {
            End::Returned(Ok(_)) if engine.is_running() && is_open => outcome.won.push(ended),
            End::Returned(Err(_)) | End::Panicked(_) if is_open => outcome.keep_failure(ended),
            _ => ended.drop_into(&mut engine.panicked),
        }
        None
    }

    fn decide(&self, outcome: &Outcome<Result<T, E>>, started: usize, left: Option<usize>) -> Option<CancelReason> {
        if outcome.won.len() == self.0 {
            return Some(CancelReason::Ended);
        }
        let out_of_reach = left.is_some_and(|left| outcome.won.len() + left < self.0);
        out_of_reach.then(|| outcome.why_lost(started < self.0))
    }
}

impl<T, E> Mode<Result<T, E>> for FirstSuccess {
    fn judge(
        &self,
        ended: Ended<Result<T, E>>,
        outcome: &mut Outcome<Result<T, E>>,
        engine: &mut Engine,
    ) -> Option<CancelReason> {
        Quorum(1).judge(ended, outcome, engine)
    }

    fn decide(&self, outcome: &Outcome<Result<T, E>>, started: usize, left: Option<usize>) -> Option<CancelReason> {
        Quorum(1).decide(outcome, started, left)
    }
}

impl<S: Source<Future: Future<Output = Result<T, E>>>, T, E> Future for Gather<S, First> {
    type Output = Result<(usize, Result<T, TaskError<E>>), Empty>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let _expected = expect_panics();
        let this = self.get_mut();
        if this.source.as_ref().is_some_and(|source| source.left() == Some(0)) {
            this.decide_at_once();
            return Poll::Ready(Err(Empty));
        }
        ready!(this.poll_to_end(cx));
        if let Some(first) = this.outcome.won.pop() {
            return Poll::Ready(Ok((first.index, into_result(first.end))));
        }
        // None had ended when it was cut, or the race would have been over.
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
    fn poll_wins(&mut self, cx: &Context<'_>, k: usize) -> Poll<Result<Vec<(usize, T)>, ScopeError<E>>>
    where
        M: Mode<Result<T, E>>,
    {
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
        ready!(self.poll_to_end(cx));
        if self.outcome.won.len() == k {
            let mut won = OneByOne::new(self.outcome.won.take_all());
            self.outcome.drop_others();
            let won = won.take_all().into_iter();
            return Poll::Ready(Ok(won
                .filter_map(|ended| Some((ended.index, into_result(ended.end).ok()?)))
                .collect()));
        }
        let failures = self.take_failures();
        let stopped = self.outcome.stopped.take();
        let reason = stopped.expect("a race that was not won was cut, when it was lost at the latest");
        Poll::Ready(Err(ScopeError::new(reason, failures)))
    }
}
