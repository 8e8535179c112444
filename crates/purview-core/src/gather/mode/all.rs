use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use super::{All, Mode, Settled};
use crate::{
    cancel::CancelReason,
    engine::Engine,
    error::{ScopeError, TaskError},
    gather::{numbered::Ended, options::Gather, outcome::Outcome, source::Source},
    panic::expect_panics,
    policy::End,
};

impl<T, E> Mode<Result<T, E>> for All {
    fn judge(
        &self,
        ended: Ended<Result<T, E>>,
        outcome: &mut Outcome<Result<T, E>>,
        engine: &mut Engine,
    ) -> Option<CancelReason> {
        match &ended.end {
            End::Returned(Ok(_)) => {
                outcome.keep(ended);
                None
            }
            End::Returned(Err(_)) => {
                outcome.keep_failure(ended);
                Some(CancelReason::Failed)
            }
            End::Panicked(_) => {
                ended.drop_into(&mut engine.panicked);
                Some(CancelReason::Panicked)
            }
            End::Cancelled(_) => None,
        }
    }
}

impl<O> Mode<O> for Settled {
    fn judge(&self, ended: Ended<O>, outcome: &mut Outcome<O>, _: &mut Engine) -> Option<CancelReason> {
        outcome.keep(ended);
        None
    }
}

impl<S: Source<Future: Future<Output = Result<T, E>>>, T, E> Future for Gather<S, All> {
    type Output = Result<Vec<T>, ScopeError<E>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.get_mut().poll_all(cx)
    }
}

impl<S: Source<Future: Future<Output = Result<T, E>>>, T, E, M> Gather<S, M> {
    /// Waits for all of them, or until the first has failed and the others have been dropped.
    pub(super) fn poll_all(&mut self, cx: &Context<'_>) -> Poll<Result<Vec<T>, ScopeError<E>>>
    where
        M: Mode<Result<T, E>>,
    {
        let _expected = expect_panics();
        ready!(self.poll_to_end(cx));
        Poll::Ready(match self.outcome.stopped.take() {
            None => Ok(self.outcome.take_values()),
            Some(reason) => {
                let failures = self.take_failures();
                Err(ScopeError::new(reason, failures))
            }
        })
    }
}

impl<S: Source<Future: Future<Output = Result<T, E>>>, T, E> Future for Gather<S, Settled> {
    type Output = Vec<Result<T, TaskError<E>>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let _expected = expect_panics();
        let this = self.get_mut();
        ready!(this.poll_to_end(cx));
        Poll::Ready(this.outcome.take_results())
    }
}
