use super::{VirtualRuntime, task::Work};

impl VirtualRuntime {
    /// Runs a future as a task of its own, beside the others, detached.
    ///
    /// It is first polled when the runtime is driven next. What it panics with is printed, and touches no other task. After
    /// [`shutdown`](Self::shutdown) the future is dropped unpolled. As a [`Spawner`](purview_core::Spawner) the runtime says
    /// so; this method needs neither the trait nor a box.
    ///
    /// # Examples
    ///
    /// ```
    /// use purview_test::VirtualRuntime;
    /// use std::sync::mpsc;
    ///
    /// let rt = VirtualRuntime::new();
    /// let (tell, told) = mpsc::channel();
    /// rt.spawn(async move { tell.send("ran").unwrap() });
    /// rt.run_until_stalled();
    /// assert_eq!(told.try_recv(), Ok("ran"));
    /// ```
    pub fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) {
        // What is refused has been dropped, and there is nothing to be done about it.
        let _refused = self.admit(Work::Future(Some(Box::pin(future))));
    }
}
