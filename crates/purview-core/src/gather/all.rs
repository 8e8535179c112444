use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use super::{
    mode::{All, Settled},
    options::Gather,
    source::Source,
};
use crate::{
    cancel::CancelReason,
    error::{ScopeError, TaskError},
    policy::End,
};

impl<S: Source<Future: Future<Output = Result<T, E>>>, T, E> Future for Gather<S, All> {
    type Output = Result<Vec<T>, ScopeError<E>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        ready!(this.poll_to_end(cx, |crew, _, outcome, mut ended| match &ended.end {
            End::Returned(Ok(_)) => outcome.keep(ended),
            End::Returned(Err(_)) => {
                outcome.keep_failure(ended);
                crew.cut(&CancelReason::Failed);
            }
            End::Panicked(_) => {
                let end = std::mem::replace(&mut ended.end, End::Cancelled(CancelReason::Panicked));
                if let End::Panicked(panic) = end {
                    crew.panicked.keep(panic);
                }
                crew.cut(&CancelReason::Panicked);
            }
            End::Cancelled(_) => {}
        }));
        Poll::Ready(match this.outcome.stopped.take() {
            None => Ok(this.outcome.take_values()),
            Some(reason) => {
                let failures = this.take_failures();
                Err(ScopeError::new(reason, failures))
            }
        })
    }
}

impl<S: Source<Future: Future<Output = Result<T, E>>>, T, E> Future for Gather<S, Settled> {
    type Output = Vec<Result<T, TaskError<E>>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        let started = ready!(this.poll_to_end(cx, |_, _, outcome, ended| outcome.keep(ended)));
        Poll::Ready(this.outcome.take_results(started))
    }
}
