use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use super::TaskBuilder;
use crate::{
    inspect::{self, WaitsFor},
    panic::FirstPanic,
    policy::Policy,
    scope::{
        handle::Scope,
        kind::{Kind, Threads},
        limit::PermitWait,
        shared::Shared,
    },
};

/// A place under the limit of a scope, reserved for one child; from [`Scope::permit`].
///
/// Dropping it gives the place to what has waited longest.
#[must_use = "a permit that is dropped gives its place back; call `spawn` on it"]
pub struct Permit<'env, P: Policy, K: Kind = Threads> {
    scope: Scope<'env, P, K>,
    place: Option<Place<'env, P, K>>,
}

impl<'env, P: Policy, K: Kind> Scope<'env, P, K> {
    /// Waits for a place under the [`limit`](crate::Builder::limit), first come first served, together with children
    /// that wait in the queue.
    ///
    /// Without a limit there always is one. In a scope that is cancelled or has ended it resolves at once; spawning with
    /// that permit is then spawning after the end. It is what keeps a producer from running ahead of its children, as
    /// `spawn` never waits.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future gives up the turn in the queue, or the place if it had just been given.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use purview::fail_fast;
    ///
    /// let out = purview::block_on(fail_fast::<()>().limit(2).run(async |s| {
    ///     for n in 0..10 {
    ///         let permit = s.permit().await; // waits until one of the two has ended
    ///         permit.spawn(async move { Ok(n) });
    ///         assert!(s.len() <= 2);
    ///     }
    ///     Ok(())
    /// }));
    /// assert!(out.is_ok());
    /// ```
    #[doc(alias("semaphore"))]
    pub async fn permit(&self) -> Permit<'env, P, K> {
        let place = if self.shared.limiter.is_some() {
            Waiter {
                shared: self.shared.clone(),
                wait: None,
                key: None,
            }
            .await
        } else {
            None
        };
        Permit {
            scope: self.clone(),
            place,
        }
    }
}

impl<'env, P: Policy, K: Kind> Permit<'env, P, K> {
    /// The place, where there is one, goes over to the child.
    pub(super) fn into_builder(self) -> TaskBuilder<'env, P, K> {
        let mut builder = self.scope.task();
        builder.options.has_place = self.place.is_some();
        if let Some(place) = self.place {
            place.hand_over();
        }
        builder
    }
}

impl<P: Policy, K: Kind> fmt::Debug for Permit<'_, P, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit")
            .field("scope", &self.scope)
            .finish_non_exhaustive()
    }
}

/// Gives a place back when dropped.
struct Place<'env, P: Policy, K: Kind>(Option<Arc<Shared<'env, P, K>>>);

impl<P: Policy, K: Kind> Place<'_, P, K> {
    /// The child gives it back.
    fn hand_over(mut self) {
        self.0 = None;
    }
}

impl<P: Policy, K: Kind> Drop for Place<'_, P, K> {
    fn drop(&mut self) {
        if let Some(shared) = self.0.take() {
            shared.free_place();
        }
    }
}

struct Waiter<'env, P: Policy, K: Kind> {
    shared: Arc<Shared<'env, P, K>>,
    wait: Option<Arc<PermitWait>>,
    key: Option<u64>,
}

impl<'env, P: Policy, K: Kind> Future for Waiter<'env, P, K> {
    type Output = Option<Place<'env, P, K>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        let node = this.shared.node.clone();
        let cancelled = node.node().poll_cancelled(&mut this.key, None, cx).is_ready();
        // In a shutdown it waits as ever, and is told when the grace is over.
        let is_released = || cancelled && !node.is_shutting_down();
        if is_released() {
            return Poll::Ready(None);
        }
        let limiter = this.shared.limiter.as_ref().expect("it waits under a limit");
        let wait = this.wait.get_or_insert_with(|| limiter.wait());
        if !wait.is_granted() {
            wait.set_waker(cx);
            // Seeded: it has looked just above.
            if !wait.is_granted() || cfg!(purview_seeded_bug = "permit-waited-for-too-late") {
                if is_released() {
                    return Poll::Ready(None);
                }
                inspect::waits(|| WaitsFor::Permit);
                return Poll::Pending;
            }
        }
        this.wait = None;
        Poll::Ready(Some(Place(Some(this.shared.clone()))))
    }
}

impl<P: Policy, K: Kind> Drop for Waiter<'_, P, K> {
    fn drop(&mut self) {
        let mut panicked = FirstPanic::default();
        panicked.run(|| {
            self.shared.node.node().forget_waiter(self.key);
        });
        if let (Some(wait), Some(limiter)) = (self.wait.take(), &self.shared.limiter) {
            if limiter.forget(&wait) {
                panicked.run(|| self.shared.free_place());
            }
            panicked.run(|| drop(wait));
        }
        panicked.resume_if_expected();
    }
}
