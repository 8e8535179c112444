//! What feeds a gather: futures that are there, or a stream of them.

use std::{
    pin::Pin,
    task::{Context, Poll},
    vec,
};

use futures_core::Stream;

use crate::{panic::FirstPanic, stack::with_room};

/// Where the futures of a gather come from; sealed.
#[expect(private_bounds, reason = "that is what seals it")]
pub trait Source: Sealed {
    /// The futures it yields.
    type Future: Future;

    /// The next future, when there is room for it.
    #[doc(hidden)]
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Self::Future>>;

    /// How many are left, where that is known: then they are all there.
    #[doc(hidden)]
    fn left(&self) -> Option<usize>;

    /// The first of those that are left, where they are all there.
    #[doc(hidden)]
    fn take_first(&mut self) -> Option<Self::Future>;

    /// The last of those that are left, where they are all there.
    #[doc(hidden)]
    fn take_last(&mut self) -> Option<Self::Future>;

    /// Drops the source of the futures.
    #[doc(hidden)]
    fn close(&mut self);
}

trait Sealed {}

/// Whether a source has another future.
#[derive(PartialEq)]
pub(super) enum SourceState {
    /// It is worth asking.
    Ready,
    /// It was asked, and has not been woken since.
    Pending,
    /// It has ended, and the mode has not been told.
    JustExhausted,
    Exhausted,
}

impl SourceState {
    pub(super) fn is_exhausted(&self) -> bool {
        matches!(self, Self::JustExhausted | Self::Exhausted)
    }
}

/// The futures of [`gather`](crate::gather()).
#[derive(Debug)]
pub struct Items<F> {
    futures: vec::IntoIter<F>,
}

impl<F> Items<F> {
    pub(super) fn new(futures: impl IntoIterator<Item = F>) -> Self {
        Self {
            futures: futures.into_iter().collect::<Vec<_>>().into_iter(),
        }
    }
}

impl<F> Sealed for Items<F> {}

impl<F: Future> Source for Items<F> {
    type Future = F;

    fn poll_next(&mut self, _: &mut Context<'_>) -> Poll<Option<F>> {
        Poll::Ready(self.futures.next())
    }

    fn left(&self) -> Option<usize> {
        Some(self.futures.len())
    }

    #[inline]
    fn take_first(&mut self) -> Option<F> {
        self.futures.next()
    }

    fn take_last(&mut self) -> Option<F> {
        self.futures.next_back()
    }

    fn close(&mut self) {
        self.futures = Vec::new().into_iter();
    }
}

/// Newest first, and each by itself: two destructors that panic must not meet.
impl<F> Drop for Items<F> {
    fn drop(&mut self) {
        let mut panicked = FirstPanic::default();
        while let Some(fut) = self.futures.next_back() {
            panicked.run(|| drop(fut));
        }
        panicked.resume_if_expected();
    }
}

/// The stream of futures of [`gather_stream`](crate::gather_stream).
#[derive(Debug)]
pub struct Pulled<S> {
    /// `None` when it will not be asked again.
    stream: Option<Pin<Box<S>>>,
}

impl<S> Pulled<S> {
    pub(super) fn new(stream: S) -> Self {
        Self {
            stream: Some(Box::pin(stream)),
        }
    }
}

impl<S> Sealed for Pulled<S> {}

impl<S: Stream<Item: Future>> Source for Pulled<S> {
    type Future = S::Item;

    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<S::Item>> {
        match &mut self.stream {
            Some(stream) => with_room(|| stream.as_mut().poll_next(cx)),
            None => Poll::Ready(None),
        }
    }

    fn left(&self) -> Option<usize> {
        None
    }

    fn take_first(&mut self) -> Option<S::Item> {
        None
    }

    fn take_last(&mut self) -> Option<S::Item> {
        None
    }

    fn close(&mut self) {
        self.stream = None;
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::{
        future::ready,
        task::{Context, Poll, Waker},
    };

    use futures::stream;

    use super::{Items, Pulled, Source};

    #[test]
    fn a_source_that_was_closed_has_nothing_more() {
        let mut cx = Context::from_waker(Waker::noop());
        let mut items = Items::new([ready(1), ready(2)]);
        items.close();
        assert!(matches!(items.poll_next(&mut cx), Poll::Ready(None)));
        let mut pulled = Pulled::new(stream::iter([ready(1), ready(2)]));
        assert!(matches!(pulled.poll_next(&mut cx), Poll::Ready(Some(_))));
        pulled.close();
        assert!(matches!(pulled.poll_next(&mut cx), Poll::Ready(None)));
    }
}
