use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use super::task::Task;

impl<J> Task<J> {
    /// The same future, which cancels the child when it is dropped before it has its value.
    ///
    /// For a child that only its caller wants: one side of a `select!`, or a request whose client may disconnect. The
    /// scope still owns the child and waits for it; a child that holds continues to be polled, so that it can clean up, as
    /// after [`cancel`](Self::cancel).
    ///
    /// # Panics
    ///
    /// Awaiting it panics where awaiting the [`Task`] does.
    ///
    /// # Cancel safety
    ///
    /// Dropping it cancels the child; poll it by reference to keep the child.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use purview::{checkpoint, fail_fast};
    ///
    /// let out = purview::block_on(fail_fast::<()>().run(async |s| {
    ///     let search = s.spawn(std::future::pending::<Result<(), ()>>()).cancel_on_drop();
    ///     drop(search); // else the scope would wait for it for ever
    ///     while !s.is_empty() {
    ///         checkpoint().await;
    ///     }
    ///     Ok("found elsewhere")
    /// }));
    /// assert_eq!(out.unwrap(), "found elsewhere");
    /// ```
    pub fn cancel_on_drop(self) -> CancelOnDrop<J> {
        CancelOnDrop { task: self }
    }
}

/// A [`Task`] whose child is cancelled when this is dropped early: from [`Task::cancel_on_drop`].
#[must_use = "dropping it cancels the child: keep it, or await it"]
pub struct CancelOnDrop<J> {
    task: Task<J>,
}

impl<J> Future for CancelOnDrop<J> {
    type Output = J;

    #[track_caller]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<J> {
        Pin::new(&mut self.get_mut().task).poll(cx)
    }
}

impl<J> Drop for CancelOnDrop<J> {
    fn drop(&mut self) {
        // A child that has given its value has ended, and is not touched.
        self.task.cancel();
    }
}

impl<J> fmt::Debug for CancelOnDrop<J> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CancelOnDrop").field(&self.task).finish()
    }
}
