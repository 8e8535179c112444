use std::{
    collections::VecDeque,
    fmt,
    future::poll_fn,
    pin::Pin,
    sync::{Arc, PoisonError},
    task::{Context, Poll, Waker},
};

use futures_core::Stream;

use super::NewTask;
use crate::{
    cancel::CancelReason,
    error::Closed,
    panic::{FirstPanic, OneByOne, no_second_panic},
    policy::Fallible,
    scope::{
        handle::Scope,
        kind::{Kind, Local, Threads},
    },
    sync::{Mutex, MutexGuard},
    tree::{Role, TaskNode},
    wake::{Waiters, wake_all},
};

/// The sending side of a [`produce`](Scope::produce); the stream ends when it is dropped.
pub struct Sender<T> {
    channel: Arc<Channel<T>>,
}

impl<T> Sender<T> {
    /// Waits until there is room, and sends; with a capacity of 0, until the item has been received.
    ///
    /// # Errors
    ///
    /// [`Closed`] with the item, when the stream has been dropped.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future before it has completed drops the item, unless it had found room already.
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
        if queue.items.len() < queue.capacity.max(1) {
            if let Some(item) = self.item.take() {
                queue.items.push_back(item);
                queue.sent += 1;
                self.turn = Some(queue.sent);
                receiver = queue.receiver.take();
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
        if through { Poll::Ready(Ok(())) } else { Poll::Pending }
    }
}

impl<T> Drop for Sending<'_, T> {
    fn drop(&mut self) {
        let waker = self.channel.lock().senders.remove(self.key);
        no_second_panic(|| drop(waker));
    }
}

/// The stream of [`produce`](Scope::produce): what an owned child sends, until it ends.
///
/// **Dropping it** cancels the child. It also ends with the scope. An error of the child goes to the scope's policy.
#[must_use = "dropping the stream cancels its producer"]
pub struct Produced<T> {
    channel: Arc<Channel<T>>,
    task: Arc<TaskNode>,
    key: Option<u64>,
}

impl<T> Stream for Produced<T> {
    type Item = T;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        let this = self.get_mut();
        let waker = cx.waker().clone();
        let mut queue = this.channel.lock();
        if queue.ended || !queue.items.is_empty() {
            drop(queue);
            return Poll::Ready(this.channel.receive());
        }
        let old = queue.receiver.replace(waker);
        drop(queue);
        drop(old);
        // A sender that was put somewhere else must not outlive the scope's promise.
        // What was sent just before the end comes first.
        let ended = this.task.scope.poll_ended(&mut this.key, cx);
        ended.map(|()| this.channel.receive())
    }
}

impl<T> Drop for Produced<T> {
    fn drop(&mut self) {
        let mut panicked = FirstPanic::default();
        panicked.run(|| self.task.scope.forget_end_waiter(self.key));
        // Cancelled first: a child that is not being polled just now does not come to see that the receiver was dropped.
        panicked.run(|| {
            self.task
                .cancel(CancelReason::Requested(Some("its stream was dropped".into())));
        });
        panicked.run(|| self.channel.close());
        panicked.resume_if_expected();
    }
}

impl<T> fmt::Debug for Produced<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Produced")
            .field("task", &self.task.info)
            .finish_non_exhaustive()
    }
}

struct Channel<T>(Mutex<Queue<T>>);

struct Queue<T> {
    items: OneByOne<VecDeque<T>>,
    capacity: usize,
    sent: u64,
    received: u64,
    senders: Waiters,
    receiver: Option<Waker>,
    /// The receiver was dropped.
    closed: bool,
    /// The sender was dropped.
    ended: bool,
}

impl<T> Queue<T> {
    fn take_unless_handed_over(&mut self) -> VecDeque<T> {
        if self.capacity > 0 {
            self.items.take_all()
        } else {
            VecDeque::new()
        }
    }
}

impl<T> Channel<T> {
    fn new(capacity: usize) -> Arc<Self> {
        Arc::new(Self(Mutex::new(Queue {
            items: OneByOne::default(),
            capacity,
            sent: 0,
            received: 0,
            senders: Waiters::default(),
            receiver: None,
            closed: false,
            ended: false,
        })))
    }

    fn receive(&self) -> Option<T> {
        let (item, senders) = {
            let mut queue = self.lock();
            let item = queue.items.pop_front()?;
            queue.received += 1;
            (item, queue.senders.take_all())
        };
        wake_all(senders.into_values());
        Some(item)
    }

    fn end(&self) {
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

    fn close(&self) {
        let (items, senders, receiver) = {
            let mut queue = self.lock();
            queue.closed = true;
            (
                // Without a capacity the item goes back to who has sent it.
                OneByOne::new(queue.take_unless_handed_over()),
                queue.senders.take_all(),
                queue.receiver.take(),
            )
        };
        let mut panicked = FirstPanic::default();
        panicked.run(|| wake_all(senders.into_values()));
        panicked.run(|| drop(items));
        panicked.run(|| drop(receiver));
        panicked.resume();
    }

    fn lock(&self) -> MutexGuard<'_, Queue<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The stream of a child that was just spawned.
fn produced<T>(channel: Arc<Channel<T>>, task: Arc<TaskNode>) -> Produced<T> {
    if task.is_ended() {
        channel.end();
    }
    Produced {
        channel,
        task,
        key: None,
    }
}

impl<P: Fallible, K: Kind> Scope<'_, P, K> {
    fn new_producer(&self) -> (NewTask, Arc<TaskNode>) {
        let new = NewTask::with_node(&self.shared, None, Role::Ordinary);
        let task = new.env.task().expect("made just above").clone();
        (new, task)
    }
}

impl<'env, P: Fallible + Send + 'env> Scope<'env, P, Threads> {
    /// Spawns a child that feeds a stream: an async generator, as for the pages of an API.
    ///
    /// The child is `capacity` items ahead at most; with 0 it waits until each has been received. Dropping the stream
    /// cancels the child, the end of the child or of the scope ends the stream after what was sent, and the child's
    /// error goes to the scope's policy. In a scope that accepts no children any more the stream has ended. As Kotlin's
    /// `produce`, and Python's async generators.
    ///
    /// # Examples
    ///
    /// ```
    /// use futures::StreamExt;
    ///
    /// let sum = purview_core::block_on(purview_core::try_scope(async |s| {
    ///     let mut pages = s.produce(2, async |tx| {
    ///         for page in 1..=4 {
    ///             if tx.send(page).await.is_err() { break }
    ///         }
    ///         Ok::<_, std::io::Error>(())
    ///     });
    ///     let mut sum = 0;
    ///     while let Some(page) = pages.next().await {
    ///         sum += page;
    ///     }
    ///     Ok(sum)
    /// }));
    /// assert_eq!(sum.unwrap(), 10);
    /// ```
    pub fn produce<T, F, Fut>(&self, capacity: usize, f: F) -> Produced<T>
    where
        F: FnOnce(Sender<T>) -> Fut,
        Fut: Future<Output = P::Child<()>> + Send + 'env,
        T: 'env + Send,
        P::Joined<()>: 'env + Send,
        P::Child<()>: 'env + Send,
    {
        let channel = Channel::new(capacity);
        let (new, task) = self.new_producer();
        let fut = f(Sender {
            channel: channel.clone(),
        });
        self.shared.spawn(new, fut, false, |child| Box::into_pin(child));
        produced(channel, task)
    }
}

impl<'env, P: Fallible + 'env> Scope<'env, P, Local> {
    /// As in a `Send` scope, for futures that need not be `Send`.
    pub fn produce<T, F, Fut>(&self, capacity: usize, f: F) -> Produced<T>
    where
        F: FnOnce(Sender<T>) -> Fut,
        Fut: Future<Output = P::Child<()>> + 'env,
        T: 'env,
        P::Joined<()>: 'env,
        P::Child<()>: 'env,
    {
        let channel = Channel::new(capacity);
        let (new, task) = self.new_producer();
        let fut = f(Sender {
            channel: channel.clone(),
        });
        self.shared.spawn(new, fut, false, |child| Box::into_pin(child));
        produced(channel, task)
    }
}
