use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;

use super::called::{Calling, Judge};
use crate::{
    error::TaskError,
    gather::{numbered::Ended, options::Gather, source::Source},
    panic::FirstPanic,
};

impl<S: Source<Future: Future<Output = Result<T, E>>>, T, E> Gather<S> {
    /// Calls `f` with each result as it comes, one at a time, while the other futures run on.
    ///
    /// It takes `FnMut(..) -> Fut` and not `AsyncFnMut`, whose future would not be `Send` once the closure captures a
    /// reference: an `async |index, result| ..` closure fits, but one that mutates a captured local is refused; collect into
    /// a `Mutex` or a `Cell`. Under a limit, results that wait for `f` keep their places, so that a slow consumer slows
    /// the source down.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use std::sync::Mutex;
    ///
    /// let seen = Mutex::new(Vec::new());
    /// purview::block_on(
    ///     purview::gather((0..3).map(async |n| Ok::<_, ()>(n)))
    ///         .for_each(async |index, result| seen.lock().unwrap().push((index, result.unwrap()))),
    /// );
    /// assert_eq!(*seen.lock().unwrap(), [(0, 0), (1, 1), (2, 2)]);
    /// ```
    pub fn for_each<F, Fut>(self, f: F) -> ForEach<S, F, Fut>
    where
        F: FnMut(usize, Result<T, TaskError<E>>) -> Fut,
        Fut: Future<Output = ()>,
    {
        ForEach {
            calling: Calling::new(self.as_completed(), f),
        }
    }
}

pin_project! {
    /// The future of [`Gather::for_each`].
    ///
    /// **Dropping it** drops the call that is under way, and then all futures.
    #[must_use = "a gather does nothing until awaited"]
    pub struct ForEach<S: Source, F, Fut> {
        #[pin]
        calling: Calling<S, F, Fut>,
    }
}

/// The closure is called with every result.
struct Everything;

impl<O> Judge<O, ()> for Everything {
    fn ended(&mut self, ended: Ended<O>, _: &mut FirstPanic) -> Option<Ended<O>> {
        Some(ended)
    }

    fn exhausted(&mut self) {}

    fn returned(&mut self, (): ()) {}

    fn is_over(&self) -> bool {
        false
    }
}

impl<S: Source<Future: Future<Output = Result<T, E>>>, T, E, F, Fut> Future for ForEach<S, F, Fut>
where
    F: FnMut(usize, Result<T, TaskError<E>>) -> Fut,
    Fut: Future<Output = ()>,
{
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.project().calling.poll(cx, &mut Everything)
    }
}

impl<S: Source, F, Fut> fmt::Debug for ForEach<S, F, Fut> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ForEach")
            .field("backlog", &self.calling.backlog())
            .finish_non_exhaustive()
    }
}
