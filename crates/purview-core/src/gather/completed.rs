use std::{
    pin::Pin,
    task::{Context, Poll},
};

use futures_core::Stream;

use super::{
    crew::Turn,
    mode::Completed,
    options::Gather,
    outcome::{OPENED, into_result},
    source::Source,
};
use crate::error::{TaskError, expect_panics};

impl<S: Source<Future: Future<Output = Result<T, E>>>, T, E> Stream for Gather<S, Completed> {
    type Item = (usize, Result<T, TaskError<E>>);

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let _expected = expect_panics();
        let this = self.get_mut();
        if this.outcome.done {
            return Poll::Ready(None);
        }
        let crew = this.open();
        let mut pass = crew.begin(cx);
        loop {
            match crew.turn(&mut pass, 0) {
                Turn::Ended(ended) => {
                    pass.end_quietly();
                    return Poll::Ready(Some((ended.index, into_result(ended.end))));
                }
                Turn::Exhausted => {}
                Turn::Waiting => return Poll::Pending,
                Turn::Over => break,
            }
        }
        pass.end_quietly();
        this.outcome.done = true;
        this.crew.as_mut().expect(OPENED).end();
        Poll::Ready(None)
    }
}
