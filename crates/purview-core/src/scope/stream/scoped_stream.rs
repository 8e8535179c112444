use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use futures_core::Stream;

use super::channel::{Channel, Sender};
use crate::{
    engine::InARow,
    error::Stopped,
    panic::FirstPanic,
    policy::FailFast,
    scope::{
        builder::{Builder, fail_fast},
        handle::Scope,
        kind::Threads,
    },
    sync::Exclusive,
};

/// A stream with a fail-fast scope of its own: what `f` sends, while its children run beside it.
///
/// For streams that are given away and outlive the function that makes them: server-sent events, the messages of a gRPC
/// stream, the body of a response. In a scope that is there already use [`produce`](crate::Scope::produce).
///
/// The scope runs **while the stream is polled**, in the task that polls it, and stands still otherwise. `f` is its body,
/// and is `capacity` items ahead at most; with 0, [`send`](Sender::send) waits until each has been received. The stream ends
/// when `f` has returned `Ok(())`, every child has ended, and what was sent has been received. A failure of `f` or of a
/// child, and a deadline or a cancellation as [`Stopped`], is the last item, after what was sent before: a stream that was
/// cut never ends as if it were complete. After the last item it yields `None`.
///
/// The handle may be kept: once the stream has ended it is one of a scope that has ended. For a name, a deadline or a limit
/// see [`Builder::stream`].
///
/// **Dropping it** half-way drops `f`, then the children, newest first, and then the items that were not received.
/// Finalizers given to [`defer`](crate::Scope::defer) and shields cannot run then: to clean up, cancel the scope through its
/// token and poll the stream to its end.
///
/// # Panics
///
/// A panic of `f` or of a child is resumed in the task that polls the stream, once all have been dropped.
///
/// # Cancel safety
///
/// Dropping the future of `next()` loses nothing.
///
/// # Examples
///
/// ```
/// # use purview_core as purview;
/// use futures::{Stream, TryStreamExt};
/// use std::io;
///
/// async fn read(n: u32) -> io::Result<u32> {
///     Ok(n * 10)
/// }
///
/// fn events() -> impl Stream<Item = io::Result<u32>> + Send + 'static {
///     purview::stream(8, async |s, tx| {
///         let (a, b) = (s.spawn(read(1)), s.spawn(read(2)));
///         for event in [a.await, b.await] {
///             tx.send(event).await.map_err(io::Error::other)?;
///         }
///         Ok(())
///     })
/// }
/// assert_eq!(purview::block_on(events().try_collect::<Vec<_>>()).unwrap(), [10, 20]);
/// ```
#[track_caller]
pub fn stream<T, E, F, Fut>(capacity: usize, f: F) -> ScopedStream<T, E>
where
    F: FnOnce(Scope<'static, FailFast<E>, Threads>, Sender<T>) -> Fut,
    Fut: Future<Output = Result<(), E>> + Send + 'static,
    T: Send + 'static,
    E: From<Stopped> + Send + 'static,
{
    fail_fast().stream(capacity, f)
}

impl<E> Builder<FailFast<E>> {
    /// As [`stream`](fn@crate::stream), with these options.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use futures::StreamExt;
    /// use purview::fail_fast;
    /// use std::{io, time::Duration};
    ///
    /// let feed = fail_fast().name("feed").timeout(Duration::from_millis(1)).stream(1, async |_, tx| {
    ///     tx.send(1).await.map_err(io::Error::other)?;
    ///     std::future::pending().await
    /// });
    /// let items: Vec<io::Result<u32>> = purview::block_on(feed.collect());
    /// assert_eq!(*items[0].as_ref().unwrap(), 1);
    /// assert_eq!(items[1].as_ref().unwrap_err().kind(), io::ErrorKind::TimedOut);
    /// ```
    #[track_caller]
    pub fn stream<T, F, Fut>(self, capacity: usize, f: F) -> ScopedStream<T, E>
    where
        F: FnOnce(Scope<'static, FailFast<E>, Threads>, Sender<T>) -> Fut,
        Fut: Future<Output = Result<(), E>> + Send + 'static,
        T: Send + 'static,
        E: From<Stopped> + Send + 'static,
    {
        let channel = Channel::new(capacity);
        let run = self.try_run(|scope| f(scope, Sender::new(&channel)));
        ScopedStream {
            channel,
            run: Some(Exclusive::new(Box::pin(run))),
            failed: Exclusive::new(None),
            received: InARow::default(),
        }
    }
}

/// Its body has a type that the stream has not.
type BoxedRun<E> = Pin<Box<dyn Future<Output = Result<(), E>> + Send>>;

/// The stream of [`stream`](fn@crate::stream) and of [`Builder::stream`].
///
/// **Dropping it** drops the scope's body and children, at once.
#[must_use = "streams do nothing until polled"]
pub struct ScopedStream<T, E> {
    channel: Arc<Channel<T>>,
    /// The scope, until it has ended.
    run: Option<Exclusive<BoxedRun<E>>>,
    /// The last item.
    failed: Exclusive<Option<E>>,
    /// What was received since it had to be waited for.
    received: InARow,
}

impl<T, E> Unpin for ScopedStream<T, E> {}

impl<T, E> Stream for ScopedStream<T, E> {
    type Item = Result<T, E>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        if this.received.is_over() {
            // There may always be one more: the executor is reached all the same.
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        // The scope first, also where items wait: their consumer may be slow, and children and deadline are not to be.
        if let Some(run) = &mut this.run {
            this.channel.forget_receiver();
            if let Poll::Ready(ended) = run.get_mut().as_mut().poll(cx) {
                *this.failed.get_mut() = ended.err();
                this.run = None;
                // A sender that was put somewhere else has nothing to add to a stream that has ended.
                this.channel.refuse();
            }
        }
        if let Some(item) = this.channel.receive() {
            this.received.count();
            return Poll::Ready(Some(Ok(item)));
        }
        if this.run.is_none() {
            return Poll::Ready(this.failed.get_mut().take().map(Err));
        }
        // Children on other threads send while this one looks. The end of what is sent is not that of the scope.
        if let Poll::Ready(Some(item)) = this.channel.poll_receive(cx) {
            this.received.count();
            return Poll::Ready(Some(Ok(item)));
        }
        this.received.end();
        Poll::Pending
    }
}

impl<T, E> Drop for ScopedStream<T, E> {
    fn drop(&mut self) {
        let mut panicked = FirstPanic::default();
        let (run, failed) = (self.run.take(), self.failed.get_mut().take());
        panicked.run(|| drop(run));
        panicked.run(|| self.channel.close());
        panicked.run(|| drop(failed));
        panicked.resume_if_expected();
    }
}

impl<T, E> fmt::Debug for ScopedStream<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScopedStream")
            .field("ended", &self.run.is_none())
            .finish_non_exhaustive()
    }
}
