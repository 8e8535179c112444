use std::{
    collections::VecDeque,
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;

use super::{member::Ended, mode, options::Gather, outcome::into_result, source::Source};
use crate::error::TaskError;

/// So many results are taken in one poll before others get their turn.
const RESULTS: usize = 128;

type Backlog<S> = VecDeque<Ended<<<S as Source>::Future as Future>::Output>>;

pin_project! {
    /// The future of [`Gather::for_each`].
    ///
    /// **Dropping it** drops the call that is under way and all futures.
    #[must_use = "a gather does nothing until awaited"]
    pub struct ForEach<S: Source, F, Fut> {
        set: Gather<S, mode::Completed>,
        f: F,
        #[pin]
        call: Option<Fut>,
        backlog: Backlog<S>,
        exhausted: bool,
    }
}

impl<S: Source, F, Fut> ForEach<S, F, Fut> {
    pub(super) fn new(set: Gather<S, mode::Completed>, f: F) -> Self {
        Self {
            set,
            f,
            call: None,
            backlog: VecDeque::new(),
            exhausted: false,
        }
    }
}

impl<S: Source<Future: Future<Output = Result<T, E>>>, T, E, F, Fut> Future for ForEach<S, F, Fut>
where
    F: FnMut(usize, Result<T, TaskError<E>>) -> Fut,
    Fut: Future<Output = ()>,
{
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut this = self.project();
        let mut waiting = *this.exhausted;
        for _ in 0..RESULTS {
            if !waiting {
                let taken = this.backlog.len() + usize::from(this.call.is_some());
                match this.set.poll_ended(cx, taken) {
                    Poll::Ready(Some(ended)) => this.backlog.push_back(ended),
                    Poll::Ready(None) => {
                        *this.exhausted = true;
                        waiting = true;
                    }
                    Poll::Pending => waiting = true,
                }
            }
            if this.call.is_none() {
                if let Some(ended) = this.backlog.pop_front() {
                    this.call.set(Some((this.f)(ended.index, into_result(ended.end))));
                }
            }
            match this.call.as_mut().as_pin_mut().map(|call| call.poll(cx)) {
                // A place under the limit is free again.
                Some(Poll::Ready(())) => {
                    this.call.set(None);
                    waiting = *this.exhausted;
                }
                None if *this.exhausted => return Poll::Ready(()),
                Some(Poll::Pending) | None if waiting => return Poll::Pending,
                Some(Poll::Pending) | None => {}
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

impl<S: Source, F, Fut> fmt::Debug for ForEach<S, F, Fut> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ForEach")
            .field("backlog", &self.backlog.len())
            .finish_non_exhaustive()
    }
}
