//! Sending without losing the item, and without waiting.

use std::{
    fmt,
    future::poll_fn,
    task::{Context, Poll},
};

use super::channel::{Channel, Sender};
use crate::{
    error::{Closed, TrySendError},
    inspect::{self, WaitsFor},
    panic::no_second_panic,
    wake::wake_all,
};

impl<T> Sender<T> {
    /// Waits for a place for one item. Sending into it does not wait, so that nothing is lost in a `select!`.
    ///
    /// With a capacity of 0 there is one place, that of the item which is being handed over: `reserve` waits until the
    /// item before has been received. The producer is then one item ahead, where [`send`](Self::send) with a capacity of 0
    /// is not: `Slot::send` does not wait until its item has been received. As `reserve` of tokio's `mpsc`.
    ///
    /// # Errors
    ///
    /// [`Closed`] when the stream has been dropped or has ended with its scope, at once or while it waits.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future before it has completed loses nothing; dropping the [`Slot`] gives the place back.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use futures::StreamExt;
    ///
    /// let sum = purview::block_on(purview::try_scope(async |s| {
    ///     let numbers = s.produce(1, async |tx| {
    ///         let mut next = 1;
    ///         while let Ok(slot) = tx.reserve().await {
    ///             slot.send(next); // made only when there is room for it
    ///             next += 1;
    ///         }
    ///         Ok::<_, std::io::Error>(())
    ///     });
    ///     Ok(numbers.take(3).fold(0, async |sum, n| sum + n).await)
    /// }));
    /// assert_eq!(sum.unwrap(), 6);
    /// ```
    pub async fn reserve(&self) -> Result<Slot<'_, T>, Closed<()>> {
        let mut reserving = Reserving {
            channel: &self.channel,
            key: None,
        };
        poll_fn(|cx| reserving.poll(cx)).await
    }

    /// Sends where there is room now.
    ///
    /// With a capacity of 0 there is room while no other item is being handed over; it does not wait until the item has
    /// been received.
    ///
    /// # Errors
    ///
    /// [`TrySendError`] with the item: the queue is full, or the stream has been dropped or has ended with its scope.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use futures::StreamExt;
    /// use purview::TrySendError;
    ///
    /// let latest = purview::block_on(purview::try_scope(async |s| {
    ///     let mut samples = s.produce(1, async |tx| {
    ///         assert_eq!(tx.try_send(1), Ok(()));
    ///         assert_eq!(tx.try_send(2), Err(TrySendError::Full(2))); // skipped, where waiting would delay the next
    ///         Ok::<_, std::io::Error>(())
    ///     });
    ///     Ok(samples.next().await)
    /// }));
    /// assert_eq!(latest.unwrap(), Some(1));
    /// ```
    pub fn try_send(&self, item: T) -> Result<(), TrySendError<T>> {
        let mut queue = self.channel.lock();
        if queue.closed {
            return Err(TrySendError::Closed(item));
        }
        if !queue.has_room() {
            return Err(TrySendError::Full(item));
        }
        let receiver = queue.push(item);
        drop(queue);
        if let Some(receiver) = receiver {
            receiver.wake();
        }
        Ok(())
    }
}

struct Reserving<'a, T> {
    channel: &'a Channel<T>,
    key: Option<u64>,
}

impl<'a, T> Reserving<'a, T> {
    fn poll(&mut self, cx: &Context<'_>) -> Poll<Result<Slot<'a, T>, Closed<()>>> {
        let waker = cx.waker().clone();
        let mut queue = self.channel.lock();
        let (reserved, unused) = if queue.closed {
            (Poll::Ready(Err(Closed(()))), Some(waker))
        } else if queue.has_room() {
            queue.reserved += 1;
            (Poll::Ready(Ok(Slot::of(self.channel))), Some(waker))
        } else {
            (Poll::Pending, queue.senders.put(&mut self.key, waker))
        };
        drop(queue);
        drop(unused);
        if reserved.is_pending() {
            inspect::waits(|| WaitsFor::Room);
        }
        reserved
    }
}

impl<T> Drop for Reserving<'_, T> {
    fn drop(&mut self) {
        let waker = self.channel.lock().senders.remove(self.key);
        no_second_panic(|| drop(waker));
    }
}

/// A place for one item: from [`Sender::reserve`].
///
/// **Dropping it** gives the place back.
#[must_use = "a place that is dropped is given back: call `send`"]
pub struct Slot<'a, T> {
    /// Until it has been used.
    channel: Option<&'a Channel<T>>,
}

impl<'a, T> Slot<'a, T> {
    fn of(channel: &'a Channel<T>) -> Self {
        Self { channel: Some(channel) }
    }

    /// Sends, without waiting. Where the stream has been dropped, or has ended with its scope, since the place was
    /// reserved, the item is dropped.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use futures::StreamExt;
    ///
    /// let item = purview::block_on(purview::try_scope(async |s| {
    ///     let mut items = s.produce(1, async |tx| {
    ///         let slot = tx.reserve().await.map_err(drop)?;
    ///         slot.send("made when there was room for it");
    ///         Ok::<_, ()>(())
    ///     });
    ///     Ok(items.next().await)
    /// }));
    /// assert!(item.unwrap().is_some());
    /// ```
    pub fn send(mut self, item: T) {
        let Some(channel) = self.channel.take() else { return };
        let mut queue = channel.lock();
        queue.reserved -= 1;
        let (receiver, unreceived) = if queue.closed {
            (None, Some(item))
        } else {
            (queue.push(item), None)
        };
        drop(queue);
        drop(unreceived);
        if let Some(receiver) = receiver {
            receiver.wake();
        }
    }
}

impl<T> Drop for Slot<'_, T> {
    fn drop(&mut self) {
        if let Some(channel) = self.channel {
            let senders = {
                let mut queue = channel.lock();
                queue.reserved -= 1;
                queue.senders.take_all()
            };
            no_second_panic(|| wake_all(senders));
        }
    }
}

impl<T> fmt::Debug for Slot<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slot").finish_non_exhaustive()
    }
}
