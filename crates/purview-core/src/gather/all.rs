use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use super::{
    mode::{All, Settled},
    options::Gather,
    outcome::Event,
    source::Source,
};
use crate::{
    cancel::CancelReason,
    error::{ScopeError, TaskError, expect_panics},
    policy::End,
};

impl<S: Source<Future: Future<Output = Result<T, E>>>, T, E> Future for Gather<S, All> {
    type Output = Result<Vec<T>, ScopeError<E>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.get_mut().poll_all(cx)
    }
}

impl<S: Source<Future: Future<Output = Result<T, E>>>, T, E, M> Gather<S, M> {
    /// Waits for all of them, or until the first has failed and the others are gone.
    pub(super) fn poll_all(&mut self, cx: &mut Context<'_>) -> Poll<Result<Vec<T>, ScopeError<E>>> {
        let _expected = expect_panics();
        ready!(self.poll_to_end(cx, |crew, outcome, event| match event {
            Event::Exhausted => None,
            Event::Ended(ended) => match &ended.end {
                End::Returned(Ok(_)) => {
                    outcome.keep(ended);
                    None
                }
                End::Returned(Err(_)) => {
                    outcome.keep_failure(ended);
                    Some(CancelReason::Failed)
                }
                End::Panicked(_) => {
                    crew.raise(ended);
                    Some(CancelReason::Panicked)
                }
                End::Cancelled(_) => None,
            },
        }));
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
        ready!(this.poll_to_end(cx, |_, outcome, event| {
            if let Event::Ended(ended) = event {
                outcome.keep(ended);
            }
            None
        }));
        Poll::Ready(this.outcome.take_results())
    }
}
