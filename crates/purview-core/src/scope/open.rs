use std::{
    fmt,
    future::poll_fn,
    pin::Pin,
    sync::{Arc, atomic::Ordering},
    task::{Context, Poll, ready},
    time::Duration,
};

use super::{
    builder::Builder,
    child::{Child, Verdict},
    desk::Desk,
    driver::{Engine, Stage},
    handle::Scope,
    kind::{Kind, Threads},
    shared::Shared,
};
use crate::{
    cancel::CancelReason,
    census::{self, Wait},
    context::{Frame, Role, TaskInfo},
    error::expect_panics,
    policy::Policy,
};

impl<P: Policy> Builder<P> {
    /// A scope that outlives the function that opens it: a handle to keep in a struct, and the driver that runs the
    /// children, to be spawned or awaited anywhere.
    ///
    /// The driver resolves to what the policy makes of it when the scope is [closed](Scope::close) or its last handle is
    /// gone, and all children have ended; failures come out of it. Spawning from any thread wakes it. Dropped early, it
    /// cancels everything at once. Memory does not grow with the number of children that have ended.
    ///
    /// ```
    /// use purview_core::fail_fast;
    ///
    /// let (service, driver) = fail_fast::<std::io::Error>().name("service").open();
    /// let worker = std::thread::spawn(|| purview_core::block_on(driver));
    /// let task = service.spawn(async { Ok(7) });
    /// assert_eq!(purview_core::block_on(task), 7);
    /// drop(service);
    /// worker.join().unwrap().unwrap();
    /// ```
    pub fn open(self) -> (Scope<'static, P>, Driver<P>)
    where
        P: Send + 'static,
    {
        let shared = Shared::new(self.options);
        shared.state.set_open();
        let scope = Scope::new(&shared);
        let frame = Frame::unbound(shared.state.body_info(), shared.state.clone(), Role::Ordinary);
        let intake = Box::pin(Intake {
            frame,
            shared: shared.clone(),
        });
        (
            scope,
            Driver {
                engine: Engine::new(shared, self.policy),
                intake,
            },
        )
    }
}

/// Runs the children of an [open](Builder::open) scope.
///
/// **Dropping it** drops the children at once, newest first, as dropping a [`Run`](crate::Run) does.
///
/// # Panics
///
/// With the first payload, when a child panicked and the policy passes panics on. When polled again after it has
/// resolved.
#[must_use = "the children of an open scope run only while its driver is polled"]
pub struct Driver<P: Policy> {
    engine: Engine<'static, P, Threads>,
    intake: Pin<Box<Intake<P>>>,
}

impl<P: Policy> Unpin for Driver<P> {}

impl<P: Policy> Future for Driver<P> {
    type Output = P::Output<()>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<P::Output<()>> {
        let _expected = expect_panics();
        let this = self.get_mut();
        if let Stage::Ended { .. } = this.engine.stage {
            assert!(
                !this.engine.desk.is_empty(),
                "a scope must not be polled after it has resolved"
            );
            return Poll::Pending;
        }
        ready!(this.engine.poll(cx, this.intake.as_mut()));
        this.engine.resolve(Some(()))
    }
}

impl<P: Policy> Drop for Driver<P> {
    fn drop(&mut self) {
        self.engine.drop_everybody(self.intake.as_mut());
    }
}

impl<P: Policy> fmt::Debug for Driver<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Driver")
            .field("name", &self.engine.shared.state.naming().prefix())
            .finish_non_exhaustive()
    }
}

/// What stands for the body of an open scope: it ends when nobody can spawn any more.
struct Intake<P: Policy> {
    frame: Arc<Frame>,
    shared: Arc<Shared<'static, P, Threads>>,
}

impl<P: Policy> Child<P> for Intake<P> {
    fn frame(&self) -> &Arc<Frame> {
        &self.frame
    }

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>, _: &Desk<P>) -> Poll<Verdict> {
        if self.shared.is_shut() || self.shared.handles.load(Ordering::Acquire) == 0 || self.frame.stopped().is_some() {
            return Poll::Ready(Verdict::quiet());
        }
        Poll::Pending
    }

    fn cut(self: Pin<&mut Self>, _: CancelReason, _: &Desk<P>) -> Poll<Verdict> {
        Poll::Ready(Verdict::quiet())
    }
}

/// How a [`shutdown`](Scope::shutdown) went. Failures come out of the driver.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Report {
    /// Who ended by itself after the shutdown had begun, with a value, an error or a panic; in the order they did.
    pub finished: Vec<TaskInfo>,
    /// Who was dropped before it had ended: when the grace was over, or because a cancellation or a failure ended it.
    ///
    /// Finalizers that had not run by then are here too, and daemons that the scope stopped because its last child had
    /// ended, unless they returned by themselves.
    pub cut: Vec<TaskInfo>,
}

impl<'env, P: Policy, K: Kind> Scope<'env, P, K> {
    /// Stops intake, gives the children `grace` to end, and says how it went.
    ///
    /// The scope's token fires at once, so that everybody who waits on it, or on [`cancelled`](crate::cancelled), hears;
    /// unlike with [`cancel`](Self::cancel) nobody is dropped before `grace` has passed, whether it holds or not. Then
    /// everybody who is left is cut, at once, but for blocking closures that run, which are waited for.
    ///
    /// A second call can only shorten the time: `shutdown(Duration::ZERO)` ends it. So does a cancellation of the scope,
    /// through a handle or a token, and its deadline: whoever does not hold is dropped at once, and the reason stays
    /// "shutdown". A scope that was cancelled before is not held up.
    ///
    /// Finalizers have what the children leave of the grace; those that have not run when it is over are dropped without
    /// a poll. What must happen in any case belongs to a scope around this one.
    ///
    /// Awaited by a child of the same scope, or by its body, it waits for itself, until the grace is over and that child
    /// is cut.
    ///
    /// Completes when the scope has ended, which takes its driver being polled; the result of the scope, and the failures
    /// in it, come out of the driver. Having been shut down is no error there. On a scope that has ended it completes at
    /// once. A policy that lets a failure cancel the others does so during a shutdown too.
    ///
    /// # Cancel safety
    ///
    /// The shutdown begins with the first poll. Dropping the future before does nothing; after, it loses the report, and
    /// the shutdown goes on.
    ///
    /// # Examples
    ///
    /// ```
    /// use purview_core::settled;
    /// use std::time::Duration;
    ///
    /// let (service, driver) = settled::<std::io::Error>().open();
    /// let worker = std::thread::spawn(|| purview_core::block_on(driver));
    /// service.task().name("connection").spawn(async {
    ///     purview_core::cancelled().await; // hears of it, and says goodbye
    ///     Ok(())
    /// });
    /// let report = purview_core::block_on(service.shutdown(Duration::from_secs(5)));
    /// assert_eq!(report.finished[0].name(), "connection");
    /// assert!(report.cut.is_empty());
    /// assert!(worker.join().unwrap().unwrap().failures.is_empty());
    /// ```
    pub async fn shutdown(&self, grace: Duration) -> Report {
        let state = self.shared.state.clone();
        self.shared.shut();
        state.begin_shutdown(grace);
        let mut waiting = Waiting {
            scope: &state,
            key: None,
        };
        poll_fn(|cx| {
            let polled = waiting.scope.poll_ended(&mut waiting.key, cx);
            if polled.is_pending() {
                census::waits(|| Wait::End {
                    scope: waiting.scope.given_name().map(str::to_owned),
                    driven: waiting.scope.is_opened(),
                });
            }
            polled
        })
        .await;
        state.report()
    }
}

struct Waiting<'a> {
    scope: &'a Arc<super::State>,
    key: Option<u64>,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.scope.forget_stranded(self.key);
    }
}
