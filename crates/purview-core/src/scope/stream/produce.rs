use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use futures_core::Stream;

use super::channel::{Channel, Sender};
use crate::{
    cancel::CancelReason,
    inspect,
    panic::FirstPanic,
    policy::Fallible,
    scope::{
        handle::Scope,
        kind::{Kind, Local, Threads},
        spawn::{NewTask, TaskOptions},
    },
    tree::TaskNode,
};

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
        if !this.task.scope.is_ended() {
            if let Poll::Ready(received) = this.channel.poll_receive(cx) {
                if received.is_none() {
                    this.task.scope.forget_end_waiter(this.key.take());
                }
                return Poll::Ready(received);
            }
            ready!(this.task.scope.poll_ended(&mut this.key, cx));
        }
        // A sender that was put somewhere else must not outlive the scope's promise: it has nothing to add to a stream that
        // has ended. What was sent just before the end comes first.
        this.channel.refuse();
        Poll::Ready(this.channel.receive())
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
    #[track_caller]
    fn new_producer(&self) -> (NewTask, Arc<TaskNode>) {
        let new = NewTask::with_node(&self.shared, TaskOptions::default(), inspect::Kind::Child);
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
    /// # use purview_core as purview;
    /// use futures::StreamExt;
    ///
    /// let sum = purview::block_on(purview::try_scope(async |s| {
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
    #[track_caller]
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
        let fut = f(Sender::new(&channel));
        self.shared.spawn(new, fut, |child| Box::into_pin(child));
        produced(channel, task)
    }
}

impl<'env, P: Fallible + 'env> Scope<'env, P, Local> {
    /// As in a `Send` scope, for futures that need not be `Send`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use futures::StreamExt;
    /// use std::rc::Rc;
    ///
    /// let name = Rc::new("ann");
    /// let names: Vec<_> = purview::block_on(purview::try_local_scope(async |s| {
    ///     let name = name.clone();
    ///     let names = s.produce(1, async move |tx| {
    ///         tx.send(name).await.ok();
    ///         Ok::<_, ()>(())
    ///     });
    ///     Ok(names.collect().await)
    /// }))
    /// .unwrap();
    /// assert_eq!(*names[0], "ann");
    /// ```
    #[track_caller]
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
        let fut = f(Sender::new(&channel));
        self.shared.spawn(new, fut, |child| Box::into_pin(child));
        produced(channel, task)
    }
}
