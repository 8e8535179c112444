use std::{
    pin::Pin,
    task::{Context, Poll},
};

use futures_core::Stream;

use super::{crew::Turn, member::Ended, mode::Completed, options::Gather, outcome::into_result, source::Source};
use crate::{context::TaskId, error::TaskError, policy::End};

impl<S: Source> Gather<S, Completed> {
    /// The next who ended; `backlog` of those before have not been looked at.
    pub(super) fn poll_ended(
        &mut self,
        cx: &mut Context<'_>,
        backlog: usize,
    ) -> Poll<Option<Ended<<S::Future as Future>::Output>>> {
        if !self.outcome.done {
            self.open();
            let Some(crew) = &mut self.crew else {
                unreachable!("opened just above")
            };
            let mut pass = crew.begin(cx);
            match crew.turn(&mut self.source, &mut pass, backlog) {
                Turn::Ended(ended) => {
                    pass.end_quietly();
                    return Poll::Ready(Some(ended));
                }
                Turn::Waiting => return Poll::Pending,
                Turn::Over => pass.end_quietly(),
            }
            self.outcome.done = true;
            self.outcome.stopped = crew.stopped().cloned();
            self.mode.0 = crew.started;
            crew.end();
        }
        // Those who were never started.
        let next = self.mode.0;
        let reason = self.outcome.stopped.clone().filter(|_| next < self.outcome.total);
        Poll::Ready(reason.map(|reason| {
            self.mode.0 += 1;
            Ended {
                index: next,
                id: TaskId::next(),
                end: End::Cancelled(reason),
            }
        }))
    }
}

impl<S: Source<Future: Future<Output = Result<T, E>>>, T, E> Stream for Gather<S, Completed> {
    type Item = (usize, Result<T, TaskError<E>>);

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut()
            .poll_ended(cx, 0)
            .map(|ended| ended.map(|ended| (ended.index, into_result(ended.end))))
    }
}
