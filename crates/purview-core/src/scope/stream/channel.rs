//! The bounded queue between a producer and its stream.

use std::{
    collections::VecDeque,
    fmt,
    future::poll_fn,
    sync::{Arc, PoisonError},
    task::{Context, Poll, Waker},
};

use crate::{
    error::Closed,
    inspect::{self, WaitsFor},
    panic::{FirstPanic, OneByOne, no_second_panic},
    sync::{Mutex, MutexGuard},
    wake::{Waiters, wake_all},
};

/// The sending side of [`produce`](crate::Scope::produce) and of [`stream`](fn@crate::stream); the stream ends when it is
/// dropped.
///
/// [`send`](Self::send) waits for room with the item in its hands, and loses it when it is dropped meanwhile, as the
/// branch of a `select!` is. [`reserve`](Self::reserve) waits for the room alone and loses nothing;
/// [`try_send`](Self::try_send) does not wait.
pub struct Sender<T> {
    pub(super) channel: Arc<Channel<T>>,
}

impl<T> Sender<T> {
    pub(super) fn new(channel: &Arc<Channel<T>>) -> Self {
        Self {
            channel: channel.clone(),
        }
    }

    /// Waits until there is room, and sends; with a capacity of 0, until the item has been received.
    ///
    /// # Errors
    ///
    /// [`Closed`] with the item, when the stream has been dropped or has ended with its scope.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future before it has completed drops the item, unless it had found room already.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use futures::StreamExt;
    ///
    /// let items: Vec<_> = purview::block_on(purview::try_scope(async |s| {
    ///     let items = s.produce(1, async |tx| {
    ///         for item in ["a", "b"] {
    ///             if tx.send(item).await.is_err() {
    ///                 break; // the stream was dropped
    ///             }
    ///         }
    ///         Ok::<_, ()>(())
    ///     });
    ///     Ok(items.collect().await)
    /// }))
    /// .unwrap();
    /// assert_eq!(items, ["a", "b"]);
    /// ```
    pub async fn send(&self, item: T) -> Result<(), Closed<T>> {
        let mut sending = Sending {
            channel: &self.channel,
            item: Some(item),
            key: None,
            turn: None,
        };
        poll_fn(|cx| sending.poll(cx)).await
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        self.channel.end();
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").finish_non_exhaustive()
    }
}

struct Sending<'a, T> {
    channel: &'a Channel<T>,
    item: Option<T>,
    key: Option<u64>,
    /// With a capacity of 0: which item was this one.
    turn: Option<u64>,
}

impl<T> Sending<'_, T> {
    fn poll(&mut self, cx: &Context<'_>) -> Poll<Result<(), Closed<T>>> {
        let waker = cx.waker().clone();
        let mut queue = self.channel.lock();
        if queue.closed {
            let unreceived = self.turn.is_some_and(|turn| turn > queue.received);
            let item = match self.item.take() {
                None if unreceived => queue.items.pop_front(),
                item => item,
            };
            drop(queue);
            return Poll::Ready(item.map_or(Ok(()), |item| Err(Closed(item))));
        }
        let mut receiver = None;
        if queue.has_room() {
            if let Some(item) = self.item.take() {
                receiver = queue.push(item);
                queue.comes_back = queue.capacity == 0;
                self.turn = Some(queue.sent);
            }
        }
        let through =
            self.item.is_none() && (queue.capacity > 0 || self.turn.is_some_and(|turn| turn <= queue.received));
        let old = if through {
            Some(waker)
        } else {
            queue.senders.put(&mut self.key, waker)
        };
        drop(queue);
        drop(old);
        if let Some(receiver) = receiver {
            receiver.wake();
        }
        if through {
            return Poll::Ready(Ok(()));
        }
        inspect::waits(|| WaitsFor::Room);
        Poll::Pending
    }
}

impl<T> Drop for Sending<'_, T> {
    fn drop(&mut self) {
        let waker = self.channel.lock().senders.remove(self.key);
        no_second_panic(|| drop(waker));
    }
}

pub(super) struct Channel<T>(Mutex<Queue<T>>);

pub(super) struct Queue<T> {
    items: OneByOne<VecDeque<T>>,
    capacity: usize,
    /// Places that are taken, and whose items are yet to come.
    pub(super) reserved: usize,
    sent: u64,
    received: u64,
    pub(super) senders: Waiters,
    receiver: Option<Waker>,
    /// With a capacity of 0: the item that is on its way goes back to its sender when it is not received.
    comes_back: bool,
    /// The receiver was dropped.
    pub(super) closed: bool,
    /// The sender was dropped.
    ended: bool,
}

impl<T> Queue<T> {
    /// Without a capacity there is one place all the same: that of the item which is being handed over.
    pub(super) fn has_room(&self) -> bool {
        self.items.len() + self.reserved < self.capacity.max(1)
    }

    #[must_use = "the receiver is to be woken outside the lock"]
    pub(super) fn push(&mut self, item: T) -> Option<Waker> {
        self.items.push_back(item);
        self.sent += 1;
        self.comes_back = false;
        self.receiver.take()
    }
}

impl<T> Channel<T> {
    pub(super) fn new(capacity: usize) -> Arc<Self> {
        Arc::new(Self(Mutex::new(Queue {
            items: OneByOne::default(),
            capacity,
            reserved: 0,
            sent: 0,
            received: 0,
            senders: Waiters::default(),
            receiver: None,
            comes_back: false,
            closed: false,
            ended: false,
        })))
    }

    /// The next item, if there is one.
    pub(super) fn receive(&self) -> Option<T> {
        let (item, senders) = {
            let mut queue = self.lock();
            let item = queue.items.pop_front()?;
            queue.received += 1;
            (item, queue.senders.take_all())
        };
        wake_all(senders);
        Some(item)
    }

    /// The next item, or the end; leaves the waker where there is neither.
    pub(super) fn poll_receive(&self, cx: &Context<'_>) -> Poll<Option<T>> {
        let waker = cx.waker().clone();
        let mut queue = self.lock();
        if queue.ended || !queue.items.is_empty() {
            drop(queue);
            return Poll::Ready(self.receive());
        }
        let old = queue.receiver.replace(waker);
        drop(queue);
        drop(old);
        inspect::waits(|| WaitsFor::Item);
        Poll::Pending
    }

    /// The receiver is being polled, and need not be woken.
    pub(super) fn forget_receiver(&self) {
        let receiver = self.lock().receiver.take();
        drop(receiver);
    }

    /// Nothing will be sent any more.
    pub(super) fn end(&self) {
        let receiver = {
            let mut queue = self.lock();
            queue.ended = true;
            // Seeded: the end is no item, so nothing is woken.
            queue
                .receiver
                .take()
                .filter(|_| !cfg!(purview_seeded_bug = "stream-ends-silently"))
        };
        if let Some(receiver) = receiver {
            no_second_panic(|| receiver.wake());
        }
    }

    /// Nothing that is sent from now on will be received; what is there still is.
    pub(super) fn refuse(&self) {
        let senders = {
            let mut queue = self.lock();
            queue.closed = true;
            queue.senders.take_all()
        };
        wake_all(senders);
    }

    /// Nothing will be received any more.
    pub(super) fn close(&self) {
        let (items, senders, receiver) = {
            let mut queue = self.lock();
            queue.closed = true;
            let items = if queue.comes_back {
                VecDeque::new()
            } else {
                queue.items.take_all()
            };
            (OneByOne::new(items), queue.senders.take_all(), queue.receiver.take())
        };
        let mut panicked = FirstPanic::default();
        panicked.run(|| wake_all(senders));
        panicked.run(|| drop(items));
        panicked.run(|| drop(receiver));
        panicked.resume();
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Queue<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
