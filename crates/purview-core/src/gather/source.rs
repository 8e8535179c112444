//! What feeds a gather: futures that are there, or a stream of them.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
    vec,
};

use futures_core::Stream;

/// Where the futures of a gather come from; sealed.
#[expect(private_bounds, reason = "that is what seals it")]
pub trait Source: Sealed {
    /// The futures it yields.
    type Future: Future;

    /// The next future, when there is room for it.
    #[doc(hidden)]
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Self::Future>>;

    /// How many are left, where that is known.
    #[doc(hidden)]
    fn left(&self) -> Option<usize>;
}

trait Sealed {}

/// The futures of [`gather`](crate::gather()).
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
}

impl<F> fmt::Debug for Items<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Items").field("left", &self.futures.len()).finish()
    }
}

/// The stream of futures of [`gather_stream`](crate::gather_stream).
pub struct Pulled<S> {
    stream: Pin<Box<S>>,
}

impl<S> Pulled<S> {
    pub(super) fn new(stream: S) -> Self {
        Self {
            stream: Box::pin(stream),
        }
    }
}

impl<S> Sealed for Pulled<S> {}

impl<S: Stream<Item: Future>> Source for Pulled<S> {
    type Future = S::Item;

    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<S::Item>> {
        self.stream.as_mut().poll_next(cx)
    }

    fn left(&self) -> Option<usize> {
        None
    }
}

impl<S> fmt::Debug for Pulled<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pulled").finish_non_exhaustive()
    }
}
