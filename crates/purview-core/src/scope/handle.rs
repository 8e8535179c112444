use std::{borrow::Cow, fmt, marker::PhantomData, sync::Arc, sync::atomic::Ordering};

use super::{
    kind::{Kind, Local, Sealed, Threads},
    shared::Shared,
};
use crate::{
    cancel::{CancelReason, CancelToken},
    error::TooLate,
    inspect::Snapshot,
    policy::Policy,
    time::Instant,
};

/// A handle to a scope: spawns children into it, cancels it, and inspects its state.
///
/// # Examples
///
/// ```
/// # use purview_core as purview;
/// let numbers = [1, 2, 3];
/// let out = purview::block_on(purview::scope(async |s| {
///     let sum = s.spawn(async { numbers.iter().sum::<i32>() });
///     let most = s.task().name("most").spawn(async { numbers.iter().max() });
///     (sum.await, most.await)
/// }));
/// assert_eq!(out, (6, Some(&3)));
/// ```
///
/// | method | |
/// |---|---|
/// | [`spawn`](Self::spawn), [`try_spawn`](Self::try_spawn) | a child in the scope's own task |
/// | [`spawn_parallel`](Self::spawn_parallel), [`spawn_blocking`](Self::spawn_blocking) | a child on the runtime's threads |
/// | [`task`](Self::task) | the same with options: a name, a daemon |
/// | [`start`](Self::start), [`produce`](Self::produce) | a child that says when it is ready, one that feeds a stream |
/// | [`enter`](Self::enter) | a guest: the task that awaits it polls it |
/// | [`permit`](Self::permit) | waits for a place under the limit |
/// | [`defer`](Self::defer) | a finalizer |
/// | [`cancel`](Self::cancel), [`shutdown`](Self::shutdown), [`close`](Self::close) | ends the scope, or lets it end |
/// | [`token`](Self::token), [`set_deadline`](Self::set_deadline), [`len`](Self::len), [`snapshot`](Self::snapshot) | its state |
///
/// A handle is given to the body of [`scope`](crate::scope()) and its relatives. Clones are the same scope; a child that
/// spawns siblings moves a clone into itself. A handle may outlive its scope, which then accepts no children any more: see
/// [`spawn`](Self::spawn).
///
/// `'env` is what children may borrow from: everything that outlives the scope, and nothing that is declared inside
/// its body. `P` is the [policy](crate::Policy), `K` whether children are `Send`.
///
/// Dropping a handle does nothing to a scope that is awaited; an [open](crate::Builder::open) scope ends when its last
/// handle is dropped and its children have ended.
///
/// # What children may borrow
///
/// ```
/// # use purview_core as purview;
/// let text = String::from("borrowed");
/// let n = purview::block_on(purview::scope(async |s| s.spawn(async { text.len() }).await));
/// assert_eq!((n, text.len()), (8, 8));
/// ```
///
/// A child cannot borrow from the body, which is dropped before the children are when the scope is cancelled:
///
/// ```compile_fail,E0597
/// # use purview_core as purview;
/// purview::block_on(purview::scope(async |s| {
///     let text = String::from("the body's own");
///     s.spawn(async { text.len() }).await
/// }));
/// ```
///
/// What a child borrows cannot be moved while the scope is alive:
///
/// ```compile_fail,E0505
/// # use purview_core as purview;
/// let text = String::from("borrowed");
/// let run = purview::scope(async |s| s.spawn(async { text.len() }).await);
/// drop(text);
/// purview::block_on(run);
/// ```
///
/// A child that is not `Send` needs a [`local_scope`](crate::local_scope):
///
/// ```compile_fail,E0277
/// # use purview_core as purview;
/// purview::block_on(purview::scope(async |s| {
///     let shared = std::rc::Rc::new(1);
///     s.spawn(async move { *shared }).await
/// }));
/// ```
///
/// And such a scope is itself not `Send`:
///
/// ```compile_fail,E0277
/// # use purview_core as purview;
/// fn is_send<T: Send>(_: T) {}
/// is_send(purview::local_scope(async |s| { s.spawn(async {}).await }));
/// ```
pub struct Scope<'env, P: Policy, K: Kind = Threads> {
    pub(super) shared: Arc<Shared<'env, P, K>>,
    mark: PhantomData<<K as Sealed>::Mark>,
}

/// A scope whose children need not be `Send`: what [`local_scope`](crate::local_scope) hands to its body.
pub type LocalScope<'env, P> = Scope<'env, P, Local>;

impl<'env, P: Policy, K: Kind> Scope<'env, P, K> {
    pub(super) fn new(shared: &Arc<Shared<'env, P, K>>) -> Self {
        shared.handles.fetch_add(1, Ordering::AcqRel);
        Self {
            shared: shared.clone(),
            mark: PhantomData,
        }
    }

    /// Cancels the scope. Has no effect if it is cancelled already or has ended.
    ///
    /// The scope's token fires, for the whole subtree. Body and children are then dropped without another poll: first the
    /// body, then the children, newest to oldest. Those that hold (see [`shield`](crate::shield) and
    /// [`cancelled`](crate::cancelled)) are polled until they release the hold or the grace is over. Under
    /// [`settled`](crate::settled) the body is kept until the children have ended, and may return what it has.
    ///
    /// Returns at once, and may be called from any thread; the scope acts on it when it is next polled. What the scope then
    /// resolves to depends on the policy. [`scope`](crate::scope()) and [`try_scope`](crate::try_scope) have no value for a
    /// cancellation, and panic if their body has not returned yet.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use purview::fail_fast;
    ///
    /// let out = purview::block_on(fail_fast::<std::io::Error>().run(async |s| {
    ///     s.cancel_with("enough");
    ///     std::future::pending::<std::io::Result<()>>().await
    /// }));
    /// assert_eq!(out.unwrap_err().to_string(), "cancelled on request: enough");
    /// ```
    pub fn cancel(&self) {
        self.shared.node.cancel(CancelReason::Requested(None));
    }

    /// As [`cancel`](Self::cancel), saying why.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use purview::fail_fast;
    ///
    /// let out = purview::block_on(fail_fast::<String>().run(async |s| {
    ///     s.cancel_with("enough");
    ///     std::future::pending::<Result<(), String>>().await
    /// }));
    /// assert_eq!(out.unwrap_err().to_string(), "cancelled on request: enough");
    /// ```
    pub fn cancel_with(&self, reason: impl Into<Cow<'static, str>>) {
        self.shared.node.cancel(CancelReason::Requested(Some(reason.into())));
    }

    /// The scope's token: it fires when the scope is cancelled, and with [`CancelReason::Ended`] when it ends in the
    /// ordinary way. Cancelling the token cancels the scope.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use purview::CancelReason;
    ///
    /// let token = purview::block_on(purview::scope(async |s| s.token()));
    /// assert_eq!(token.reason(), Some(CancelReason::Ended)); // waits for it are released
    /// ```
    pub fn token(&self) -> CancelToken {
        self.shared.node.token()
    }

    /// Moves the scope's own deadline, both ways; `None` takes it away. A deadline in the past is exceeded at once.
    ///
    /// The instant is one of the clock of the scope's runtime. The deadlines of the scopes around are not touched, and
    /// still count. As `asyncio.Timeout.reschedule` and the deadline of a trio cancel scope.
    ///
    /// # Errors
    ///
    /// [`TooLate`] when the scope has been cancelled, by its deadline for instance, or has ended.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use purview::fail_fast;
    /// use std::time::{Duration, Instant};
    ///
    /// let out = purview::block_on(fail_fast::<()>().timeout(Duration::from_secs(60)).run(async |s| {
    ///     s.set_deadline(Instant::now() + Duration::from_secs(3600)).unwrap(); // later
    ///     s.set_deadline(None).unwrap(); // never
    ///     Ok(purview::deadline())
    /// }));
    /// assert_eq!(out.unwrap(), None);
    /// ```
    pub fn set_deadline(&self, at: impl Into<Option<Instant>>) -> Result<(), TooLate> {
        if self.shared.node.set_deadline(at.into()) {
            Ok(())
        } else {
            Err(TooLate)
        }
    }

    /// How many children have not ended, counting those that wait for a place; the body and finalizers do not count.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// purview::block_on(purview::scope(async |s| {
    ///     let task = s.spawn(async {});
    ///     assert_eq!(s.len(), 1);
    ///     task.await;
    ///     assert!(s.is_empty());
    /// }));
    /// ```
    pub fn len(&self) -> usize {
        self.shared.live.load(Ordering::Acquire)
    }

    /// Whether all children have ended.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// purview::block_on(purview::scope(async |s| {
    ///     assert!(s.is_empty());
    ///     s.spawn(async {});
    ///     assert!(!s.is_empty());
    /// }));
    /// ```
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the scope has been cancelled, on request, by a failure, a deadline or the scope around; its ordinary end is
    /// no cancellation.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// let out = purview::block_on(purview::settled::<()>().run(async |s| {
    ///     s.cancel();
    ///     Ok(s.is_cancelled())
    /// }));
    /// assert!(out.unwrap().value);
    /// ```
    pub fn is_cancelled(&self) -> bool {
        self.shared.node.cancelled().is_some()
    }

    /// This scope as it is now, with the tasks in it and the scopes that these run: see
    /// [`inspect::snapshot`](crate::inspect::snapshot).
    ///
    /// Before [`inspect::enable`](crate::inspect::enable) nothing is recorded of tasks: then it shows the scope alone.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use purview::fail_fast;
    ///
    /// let tree = purview::block_on(fail_fast::<()>().name("import").run(async |s| Ok(s.snapshot()))).unwrap();
    /// assert_eq!(tree.nodes().len(), 1);
    /// assert_eq!(tree.nodes()[0].name(), "import");
    /// ```
    pub fn snapshot(&self) -> Snapshot {
        Snapshot::of_scope(&self.shared.node)
    }

    /// Accepts no more children; those that it has run on. An [open](crate::Builder::open) scope then ends with the
    /// last of them.
    ///
    /// Spawning from now on is spawning after the end: the future is dropped, and its task is a cancelled one. Closing
    /// twice is closing once.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use purview::{RejectReason, settled};
    ///
    /// let (scope, driver) = settled::<()>().open();
    /// scope.spawn(async { Ok(()) });
    /// scope.close();
    /// let rejected = scope.try_spawn(async { Ok(()) }).unwrap_err();
    /// assert_eq!(*rejected.reason(), RejectReason::Ended);
    /// assert!(purview::block_on(driver).is_ok());
    /// ```
    pub fn close(&self) {
        self.shared.shut();
    }
}

impl<P: Policy, K: Kind> Clone for Scope<'_, P, K> {
    fn clone(&self) -> Self {
        Self::new(&self.shared)
    }
}

impl<P: Policy, K: Kind> Drop for Scope<'_, P, K> {
    fn drop(&mut self) {
        // Seeded: two that are dropped at the same time both see the other.
        let others =
            cfg!(purview_seeded_bug = "handles-counted-before") && self.shared.handles.load(Ordering::Acquire) > 1;
        if self.shared.handles.fetch_sub(1, Ordering::AcqRel) == 1 && !others {
            self.shared.handles_dropped();
        }
    }
}

impl<P: Policy, K: Kind> fmt::Debug for Scope<'_, P, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scope")
            .field("name", &self.shared.node.naming().prefix())
            .field("len", &self.len())
            .field("cancelled", &self.shared.node.cancelled())
            .field("ended", &self.shared.node.is_ended())
            .finish_non_exhaustive()
    }
}
