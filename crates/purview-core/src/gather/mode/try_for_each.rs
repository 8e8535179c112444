//! Calling a closure that may fail with each result.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};

use pin_project_lite::pin_project;

use super::called::{Calling, Judge};
use crate::{
    error::{Stopped, TaskError},
    gather::{numbered::Ended, options::Gather, source::Source},
    panic::FirstPanic,
    policy::End,
};

impl<S: Source<Future: Future<Output = Result<T, E>>>, T, E> Gather<S> {
    /// Calls `f` with each result as it comes, one at a time, while the other futures run on, until a call fails.
    ///
    /// As [`for_each`](Self::for_each), with a closure that returns a `Result`. Its first `Err` is the outcome: what is under
    /// way is cancelled, and no more is started. What has failed among the futures is the closure's to judge: it is given
    /// `Result<T, TaskError<E>>`, a panic included, and continues by returning `Ok(())`.
    ///
    /// At a deadline or a cancellation the closure is still called with the results that came before, and not with those
    /// that were cut: the outcome is then what `E2: From<`[`Stopped`]`>` makes of it, unless every item was seen.
    ///
    /// **Dropping the future** drops the call that is under way, and then all futures.
    ///
    /// # Errors
    ///
    /// The first error that a call returns, or [`Stopped`].
    ///
    /// # Panics
    ///
    /// When `f` or its future panics; and, after an `Err` of a call, when a future panics while it cleans up.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use std::{io, sync::Mutex};
    ///
    /// async fn fetch(id: u32) -> io::Result<u32> {
    ///     if id == 13 { Err(io::Error::other("unlucky")) } else { Ok(id) }
    /// }
    ///
    /// let saved = Mutex::new(Vec::new());
    /// let all = purview::gather((10..99).map(fetch)).limit(2).try_for_each(async |_, page| {
    ///     saved.lock().unwrap().push(page.map_err(io::Error::other)?);
    ///     Ok::<_, io::Error>(())
    /// });
    /// assert_eq!(purview::block_on(all).unwrap_err().to_string(), "unlucky");
    /// assert_eq!(*saved.lock().unwrap(), [10, 11, 12]);
    /// ```
    pub fn try_for_each<F, Fut, E2>(self, f: F) -> TryForEach<S, F, Fut>
    where
        F: FnMut(usize, Result<T, TaskError<E>>) -> Fut,
        Fut: Future<Output = Result<(), E2>>,
        E2: From<Stopped>,
    {
        TryForEach {
            calling: Calling::new(self.as_completed(), f),
            seen: Seen {
                failed: None,
                was_cut: false,
                exhausted: false,
            },
        }
    }
}

pin_project! {
    /// The future of [`Gather::try_for_each`].
    ///
    /// **Dropping it** drops the call that is under way, and then all futures.
    #[must_use = "a gather does nothing until awaited"]
    pub struct TryForEach<S: Source, F, Fut: Future> {
        #[pin]
        calling: Calling<S, F, Fut>,
        seen: Seen<Fut::Output>,
    }
}

/// What the closure has seen, and what came of it.
struct Seen<C> {
    /// The first call that failed.
    failed: Option<C>,
    /// A future was dropped before it had ended.
    was_cut: bool,
    /// The source has no more.
    exhausted: bool,
}

impl<O, E2> Judge<O, Result<(), E2>> for Seen<Result<(), E2>> {
    fn ended(&mut self, ended: Ended<O>, panicked: &mut FirstPanic) -> Option<Ended<O>> {
        if self.failed.is_some() {
            ended.drop_into(panicked);
            return None;
        }
        if matches!(ended.end, End::Cancelled(_)) {
            self.was_cut = true;
            return None;
        }
        Some(ended)
    }

    fn exhausted(&mut self) {
        self.exhausted = true;
    }

    fn returned(&mut self, output: Result<(), E2>) {
        if output.is_err() && self.failed.is_none() {
            self.failed = Some(output);
        }
    }

    fn is_over(&self) -> bool {
        self.failed.is_some()
    }
}

impl<S: Source<Future: Future<Output = Result<T, E>>>, T, E, F, Fut, E2> Future for TryForEach<S, F, Fut>
where
    F: FnMut(usize, Result<T, TaskError<E>>) -> Fut,
    Fut: Future<Output = Result<(), E2>>,
    E2: From<Stopped>,
{
    type Output = Result<(), E2>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        ready!(this.calling.as_mut().poll(cx, this.seen));
        if let Some(failed) = this.seen.failed.take() {
            return Poll::Ready(failed);
        }
        // A source of known length that was cut has told of those that had not started.
        let opened = this.calling.as_ref().get_ref().opened();
        let saw_all = !this.seen.was_cut && (this.seen.exhausted || opened.futures.has_known_length());
        Poll::Ready(match opened.engine.stage.stopped().filter(|_| !saw_all) {
            Some(reason) => Err(Stopped::new(reason.clone()).into()),
            None => Ok(()),
        })
    }
}

impl<S: Source, F, Fut: Future> fmt::Debug for TryForEach<S, F, Fut> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TryForEach")
            .field("backlog", &self.calling.backlog())
            .finish_non_exhaustive()
    }
}
