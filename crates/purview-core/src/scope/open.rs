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
    children::{Children, Whole},
    handle::Scope,
    kind::{Kind, Threads},
    shared::Shared,
    shutdown::Report,
};
use crate::{
    cancel::CancelReason,
    context::{Env, Outcome, is_inside, open_scope},
    engine::{Engine, pass::Turn},
    inspect::{self, WaitsFor},
    panic::expect_panics,
    policy::Policy,
    sync::Exclusive,
    tree::ScopeNode,
};

impl<P: Policy> Builder<P> {
    /// A scope that outlives the function that opens it: a handle to keep in a struct, and the driver that runs the
    /// children, to be spawned or awaited anywhere.
    ///
    /// The driver resolves to what the policy makes of it when the scope is [closed](Scope::close) or its last handle is
    /// dropped, and all children have ended; failures come out of it. Spawning from any thread wakes it. Dropped early, it
    /// cancels all tasks at once. Memory does not grow with the number of children that have ended.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use purview::fail_fast;
    ///
    /// let (service, driver) = fail_fast::<std::io::Error>().name("service").open();
    /// let worker = std::thread::spawn(|| purview::block_on(driver));
    /// let task = service.spawn(async { Ok(7) });
    /// assert_eq!(purview::block_on(task), 7);
    /// drop(service);
    /// worker.join().unwrap().unwrap();
    /// ```
    #[track_caller]
    #[doc(alias("TaskTracker"))]
    pub fn open(self) -> (Scope<'static, P>, Driver<P>)
    where
        P: Send + 'static,
    {
        let (engine, children) = Children::new(self.policy, self.options.opened_here());
        engine.node.set_open();
        let scope = Scope::new(&children.shared);
        let mut env = Env::body(engine.node.clone());
        open_scope(&mut env, &engine.node);
        let intake = Box::pin(Intake {
            env,
            shared: children.shared.clone(),
        });
        let driver = Driver {
            node: engine.node.clone(),
            driven: Exclusive::new(Driven {
                engine,
                children,
                intake,
            }),
        };
        (scope, driver)
    }
}

/// Runs the children of an [open](Builder::open) scope.
///
/// **Dropping it** drops the children at once, newest first, as dropping a [`Run`](crate::Run) does.
///
/// # Panics
///
/// With the first payload, when a child panicked and the policy passes panics on. When polled again after it has
/// resolved. When polled inside a child or a guest of its own scope, which would wait for itself.
#[must_use = "the children of an open scope run only while its driver is polled"]
pub struct Driver<P: Policy> {
    node: Arc<ScopeNode>,
    driven: Exclusive<Driven<P>>,
}

struct Driven<P: Policy> {
    engine: Engine,
    children: Children<'static, P, Threads>,
    intake: Pin<Box<Intake<P>>>,
}

impl<P: Policy> Unpin for Driver<P> {}

impl<P: Policy> Future for Driver<P> {
    type Output = P::Output<()>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<P::Output<()>> {
        let _expected = expect_panics();
        let Self { node, driven } = self.get_mut();
        let this = driven.get_mut();
        if this.engine.stage.is_ended() {
            return this.children.poll_again(&mut this.engine);
        }
        assert!(
            !is_inside(node),
            "the driver of `{}` is polled inside a child or guest of that scope, which would wait for itself: poll it \
             in a task of its own",
            node.given_name().unwrap_or("a scope without a name")
        );
        let mut whole = Whole {
            children: &mut this.children,
            body: this.intake.as_mut(),
        };
        ready!(this.engine.drive(&mut whole, cx));
        let stopped = this.engine.stage.stopped();
        this.intake.env.end_span(|| match stopped {
            None => Outcome::Returned,
            Some(CancelReason::Failed) => Outcome::Failed,
            Some(CancelReason::Panicked) => Outcome::Panicked,
            Some(reason) => Outcome::Cancelled(reason),
        });
        this.children.resolve(&mut this.engine, Some(()))
    }
}

impl<P: Policy> Drop for Driven<P> {
    fn drop(&mut self) {
        let mut whole = Whole {
            children: &mut self.children,
            body: self.intake.as_mut(),
        };
        whole.drop_all(&mut self.engine);
    }
}

impl<P: Policy> fmt::Debug for Driver<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Driver")
            .field("name", &self.node.naming().prefix())
            .finish_non_exhaustive()
    }
}

/// What stands for the body of an open scope: it ends when nothing can be spawned any more.
struct Intake<P: Policy> {
    env: Env,
    shared: Arc<Shared<'static, P, Threads>>,
}

impl<P: Policy> Unpin for Intake<P> {}

impl<P: Policy> Child<P> for Intake<P> {
    fn env(&self) -> &Env {
        &self.env
    }

    fn env_mut(self: Pin<&mut Self>) -> &mut Env {
        &mut self.get_mut().env
    }

    fn poll(self: Pin<&mut Self>, _: &mut Turn, _: &mut Context<'_>) -> Poll<()> {
        if self.shared.is_shut() || self.shared.handles.load(Ordering::Acquire) == 0 || self.env.stopped().is_some() {
            return Poll::Ready(());
        }
        Poll::Pending
    }

    fn cut(self: Pin<&mut Self>, _: CancelReason) -> Poll<()> {
        Poll::Ready(())
    }

    fn report(self: Pin<&mut Self>, _: &mut P, _: Option<&CancelReason>) -> Verdict {
        Verdict::quiet()
    }
}

impl<'env, P: Policy, K: Kind> Scope<'env, P, K> {
    /// Accepts no more children, gives the children that are left `grace` to end, and reports how they ended.
    ///
    /// The scope's token fires at once, so that all waits on it, or on [`cancelled`](crate::cancelled), end. Unlike
    /// with [`cancel`](Self::cancel) no child is dropped before `grace` has passed, whether it holds or not. Then all
    /// children that are left are dropped, in nested scopes too, and the finalizers, innermost scopes first, share one
    /// further `grace`. Closures that run are waited for. So a shutdown takes at most twice the grace at any depth, plus
    /// closures that run.
    ///
    /// A second call can only shorten the time: `shutdown(Duration::ZERO)` ends it, without finalizers. A cancellation of
    /// the scope, through a handle or a token, and its deadline shorten it too: what does not hold is dropped at once, and
    /// the reason is still "shutdown". A scope that was cancelled before is not delayed.
    ///
    /// Awaited by a child of the same scope, or by its body, it waits for itself, until the grace is over and that child
    /// is dropped.
    ///
    /// Completes when the scope has ended, for which its driver has to be polled. The result of the scope, and its
    /// failures, come out of the driver. A shutdown is not an error there. On a scope that has ended it completes at
    /// once. A policy that lets a failure cancel the others does so during a shutdown too.
    ///
    /// # Cancel safety
    ///
    /// The shutdown begins with the first poll. Dropping the future before does nothing; after, it loses the report, and
    /// the shutdown continues.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use purview::settled;
    /// use std::time::Duration;
    ///
    /// let (service, driver) = settled::<std::io::Error>().open();
    /// let worker = std::thread::spawn(|| purview::block_on(driver));
    /// service.task().name("connection").spawn(async {
    ///     purview::cancelled().await; // completes at the shutdown
    ///     Ok(())
    /// });
    /// let report = purview::block_on(service.shutdown(Duration::from_secs(5)));
    /// assert_eq!(report.finished[0].name(), "connection");
    /// assert!(report.cut.is_empty());
    /// assert!(worker.join().unwrap().unwrap().failures.is_empty());
    /// ```
    pub async fn shutdown(&self, grace: Duration) -> Report {
        self.shared.shut();
        self.shared.begin_shutdown(grace);
        let mut waiting = Waiting {
            scope: &self.shared.node,
            key: None,
        };
        poll_fn(|cx| {
            let polled = waiting.scope.poll_ended(&mut waiting.key, cx);
            if polled.is_pending() {
                inspect::waits(|| WaitsFor::End {
                    scope: waiting.scope.given_name().map(str::to_owned),
                    driven: waiting.scope.is_polled(),
                });
            }
            polled
        })
        .await;
        self.shared.shutdown.report()
    }
}

struct Waiting<'a> {
    scope: &'a ScopeNode,
    key: Option<u64>,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.scope.forget_end_waiter(self.key);
    }
}
