use std::{
    panic::Location,
    pin::Pin,
    task::{Context, Poll, ready},
};

use pin_project_lite::pin_project;

use crate::{
    cancel::CancelReason,
    context::{Env, GivenSpan, Outcome, TaskSpan, bindings},
    engine::{ByNode, Member, pass::Turn},
    inspect,
    panic::{Panic, catch, discard},
    policy::{End, Fallible, Policy},
    scope::{
        child::{Child, Verdict},
        handle::Scope,
        kind::{Boxed, Kind, Local, Threads},
    },
};

/// What an async finalizer may return: nothing, or a `Result` whose error goes to its scope's policy.
#[diagnostic::on_unimplemented(
    message = "a finalizer cannot return `{Self}`",
    note = "a finalizer returns `()`, or `Result<(), E>` where `E` is the error type of its scope",
    note = "`s.defer(async {{ let _ = fut.await; }})` drops what `fut` returns"
)]
pub trait Finalized<P: Policy> {
    /// Whether there is something to tell.
    #[doc(hidden)]
    fn is_failure(&self) -> bool;

    /// What the policy is told; nothing after a success.
    #[doc(hidden)]
    fn failure(self) -> Option<End<P::Child<()>>>;
}

impl<P: Policy> Finalized<P> for () {
    fn is_failure(&self) -> bool {
        false
    }

    fn failure(self) -> Option<End<P::Child<()>>> {
        None
    }
}

impl<P: Fallible> Finalized<P> for Result<(), P::Error> {
    fn is_failure(&self) -> bool {
        self.is_err()
    }

    fn failure(self) -> Option<End<P::Child<()>>> {
        let error = self.err()?;
        Some(P::from_result(Err(error)).map_or_else(
            || {
                End::Panicked(Panic::new(Box::new(
                    "a finalizer failed, under a policy without `Fallible::from_result`",
                )))
            },
            End::Returned,
        ))
    }
}

impl<'env, P: Policy, K: Kind> Scope<'env, P, K> {
    #[track_caller]
    fn defer_as<F: Future>(&self, fut: F, forget: impl FnOnce(Box<Finalizer<F>>) -> Boxed<'env, P, K>) {
        let node = &self.shared.node;
        let mut env = Env::finalizer(node.clone(), bindings());
        env.spawned_at(Location::caller());
        env.set_span(TaskSpan::of_child(
            || env.named_info().expect("a finalizer is in a scope"),
            node,
            GivenSpan::default(),
            inspect::Kind::Finalizer,
        ));
        env.note_spawned(inspect::Kind::Finalizer);
        let info = env.named_info();
        let finalizer = Box::new(Finalizer {
            end: None,
            member: Member::new(fut, env),
        });
        if let Err(refused) = self.shared.push_finalizer(forget(finalizer)) {
            drop(refused);
            if let Some(info) = info {
                self.shared.node.note_refused(|| info);
            }
        }
    }
}

impl<'env, P: Policy + Send + 'env> Scope<'env, P, Threads> {
    /// Registers a finalizer, an async destructor of the scope: a future that runs when the scope ends, in whatever way.
    ///
    /// Finalizers run one after the other, last in first out, when the body and all children have ended: after a value,
    /// an error, a panic, a deadline or a cancellation. They may borrow what children may borrow. They run shielded: the
    /// cancellation of the scope is not visible in them. When the [grace](crate::Builder::grace) of a cancelled scope, or
    /// of one around it, has ended, the finalizers in it share one further grace of the same length; then they are
    /// dropped. Under a grace of zero they do not run in a scope that was cancelled. While one is pending the task that
    /// the scope runs in holds.
    ///
    /// An error or a panic of one enters the policy like a child's, after those already seen, and does not stop the
    /// others. Called from a child, it belongs to this scope; after the scope's end, or where the scope's future is
    /// dropped, finalizers are dropped without being polled. Taken from ZIO's `Scope` and Python's `AsyncExitStack`.
    ///
    /// # Examples
    ///
    /// Acquire, use, release, as `async with` does it in Python:
    ///
    /// ```
    /// # use purview_core as purview;
    /// # use std::sync::Mutex;
    /// struct Connection<'a>(&'a Mutex<Vec<&'static str>>);
    /// impl Connection<'_> {
    ///     async fn query(&self) { self.0.lock().unwrap().push("query") }
    ///     async fn close(&self) { self.0.lock().unwrap().push("close") }
    /// }
    ///
    /// let log = Mutex::new(Vec::new());
    /// let connection = Connection(&log);
    /// purview::block_on(purview::scope(async |s| {
    ///     s.defer(connection.close());
    ///     s.spawn(connection.query()).await;
    /// }));
    /// assert_eq!(*log.lock().unwrap(), ["query", "close"]);
    /// ```
    #[track_caller]
    pub fn defer<F>(&self, fut: F)
    where
        F: Future<Output: Finalized<P> + Send + 'env> + Send + 'env,
    {
        self.defer_as(fut, |finalizer| Box::into_pin(finalizer));
    }
}

impl<'env, P: Policy + 'env> Scope<'env, P, Local> {
    /// As in a `Send` scope, for futures that need not be `Send`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use std::{cell::Cell, rc::Rc};
    ///
    /// let closed = Rc::new(Cell::new(false));
    /// purview::block_on(purview::local_scope(async |s| {
    ///     let closed = closed.clone();
    ///     s.defer(async move { closed.set(true) });
    /// }));
    /// assert!(closed.get());
    /// ```
    #[track_caller]
    pub fn defer<F>(&self, fut: F)
    where
        F: Future<Output: Finalized<P> + 'env> + 'env,
    {
        self.defer_as(fut, |finalizer| Box::into_pin(finalizer));
    }
}

pin_project! {
    struct Finalizer<F: Future> {
        end: Option<End<F::Output>>,
        #[pin]
        member: Member<F>,
    }
}

impl<P: Policy, F: Future<Output: Finalized<P>>> Child<P> for Finalizer<F> {
    fn env(&self) -> &Env {
        self.member.env()
    }

    fn env_mut(self: Pin<&mut Self>) -> &mut Env {
        self.project().member.env_mut()
    }

    fn poll(self: Pin<&mut Self>, turn: &mut Turn, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.project();
        *this.end = Some(ready!(this.member.poll_in_turn(&ByNode, turn, cx)));
        Poll::Ready(())
    }

    fn cut(self: Pin<&mut Self>, reason: CancelReason) -> Poll<()> {
        let this = self.project();
        *this.end = Some(this.member.cut(reason));
        Poll::Ready(())
    }

    fn has_failed(&self) -> bool {
        match &self.end {
            Some(End::Returned(value)) => value.is_failure(),
            Some(End::Panicked(_)) => true,
            Some(End::Cancelled(_)) | None => false,
        }
    }

    /// A finalizer has no `Task`, so what the policy makes of its end goes back to it at once.
    fn report(self: Pin<&mut Self>, policy: &mut P, abandoned: Option<&CancelReason>) -> Verdict {
        let info = self.member.env().named_info().expect("a finalizer is in a scope");
        let this = self.project();
        let env = this.member.env_mut();
        let end = this.end.take().expect("a finalizer that has ended says how");
        let end = match end {
            End::Returned(value) => match catch(|| value.failure()) {
                Ok(failure) => failure,
                Err(panic) => {
                    env.note_outcome(|| Outcome::Failed);
                    return Verdict::raised(panic);
                }
            },
            End::Panicked(panic) => Some(End::Panicked(panic)),
            End::Cancelled(reason) => Some(End::Cancelled(reason)),
        };
        env.note_outcome(|| match &end {
            None => Outcome::Returned,
            Some(End::Returned(_)) => Outcome::Failed,
            Some(End::Panicked(_)) => Outcome::Panicked,
            Some(End::Cancelled(reason)) => Outcome::Cancelled(reason),
        });
        let Some(end) = end else { return Verdict::quiet() };
        Verdict::of(end, abandoned, |end| {
            let (joined, flow) = policy.child_ended::<()>(&info, end);
            let left = match joined {
                Some(joined) if policy.keeps_unclaimed::<()>(&joined) => policy.unclaimed::<()>(&info, joined),
                joined => joined,
            };
            discard(left);
            (flow, false)
        })
    }
}
