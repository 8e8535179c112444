use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures_core::Stream;

use super::Completed;
use crate::{
    error::TaskError,
    gather::{opened::Opened, options::Gather, outcome::into_result, source::Source},
    panic::expect_panics,
};

impl<S: Source<Future: Future<Output = Result<T, E>>>, T, E> Stream for Gather<S, Completed> {
    type Item = (usize, Result<T, TaskError<E>>);

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let _expected = expect_panics();
        let this = self.get_mut();
        if this.outcome.done {
            return Poll::Ready(None);
        }
        let Opened { engine, futures } = this.open();
        ready!(engine.drive(futures, cx));
        let Some(ended) = futures.item.take() else {
            this.end();
            return Poll::Ready(None);
        };
        Poll::Ready(Some((ended.index, into_result(ended.end))))
    }
}
