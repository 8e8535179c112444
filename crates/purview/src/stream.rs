use purview_core::{FailFast, Scope, ScopedStream, Sender, Stopped};

use crate::fail_fast;

/// A stream with a fail-fast scope of its own: what `f` sends, while its children run beside it.
///
/// For streams that are given away and outlive the function that makes them: server-sent events, the messages of a gRPC
/// stream, the body of a response. In a scope that is there already use [`produce`](Scope::produce).
///
/// The scope runs **while the stream is polled**, in the task that polls it, and stands still otherwise. `f` is its body,
/// and is `capacity` items ahead at most; with 0, [`send`](Sender::send) waits until each has been received. The stream ends
/// when `f` has returned `Ok(())`, every child has ended, and what was sent has been received. A failure of `f` or of a
/// child, and a deadline or a cancellation as [`Stopped`], is the last item, after what was sent before: a stream that was
/// cut never ends as if it were complete.
///
/// For a name, a deadline or a limit: `fail_fast().name("feed").timeout(d).stream(8, async |s, tx| ..)`.
///
/// **Dropping it** half-way drops `f`, then the children, newest first, and then the items that were not received.
/// Finalizers given to [`defer`](Scope::defer) and shields cannot run then.
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
/// # fn main() -> std::io::Result<()> { purview::block_on(async {
/// use futures::TryStreamExt;
/// use std::io;
///
/// async fn read(n: u32) -> io::Result<u32> {
///     Ok(n * 10)
/// }
///
/// let events = purview::stream(8, async |s, tx| {
///     let (a, b) = (s.spawn(read(1)), s.spawn(read(2)));
///     for event in [a.await, b.await] {
///         tx.send(event).await.map_err(io::Error::other)?;
///     }
///     Ok::<_, io::Error>(())
/// });
/// assert_eq!(events.try_collect::<Vec<_>>().await?, [10, 20]);
/// # Ok(()) }) }
/// ```
#[track_caller]
pub fn stream<T, E, F, Fut>(capacity: usize, f: F) -> ScopedStream<T, E>
where
    F: FnOnce(Scope<'static, FailFast<E>>, Sender<T>) -> Fut,
    Fut: Future<Output = Result<(), E>> + Send + 'static,
    T: Send + 'static,
    E: From<Stopped> + Send + 'static,
{
    fail_fast().stream(capacity, f)
}
