use std::{
    fmt,
    marker::PhantomData,
    pin::Pin,
    task::{Context, Poll, ready},
};

use super::{
    child::Body,
    children::{Children, Whole},
    handle::Scope,
    kind::{Kind, Threads},
};
use crate::{
    engine::{Engine, Options},
    error::ScopeError,
    panic::expect_panics,
    policy::{FailFast, Policy},
};

/// A scope that is awaited: the future of [`Builder::run`](crate::Builder::run) and of [`scope`](crate::scope()).
///
/// It polls the body and the children inside the task that polls it, and resolves when all of them have ended. It is
/// `Send` when its body and children are.
///
/// **Dropping it** cancels at once and synchronously: the body is dropped first, then the children, newest to oldest.
/// Async finalizers and shields cannot run then; a scope that must clean up is cancelled through its handle or token,
/// and awaited. All are dropped, even if a destructor panics; the first such panic is one of the task around, if that
/// is in a scope too, and else goes no further than its message: executors that drop a future may not survive a panic.
///
/// # Panics
///
/// With the first payload, when a child or the body panicked and the policy passes panics on. When polled again after
/// it has resolved.
///
/// # Cancel safety
///
/// Not cancel-safe in the sense of tokio's `select!`: dropping it throws the children's work away. Poll it by reference
/// to keep it.
#[must_use = "a scope does nothing until awaited"]
pub struct Run<'env, P: Policy, B, R, K: Kind = Threads>
where
    B: Future<Output = P::Child<R>>,
{
    /// First, because it is what the compiler then says of a scope that is sent and cannot be.
    stays: PhantomData<K::Stays>,
    engine: Engine,
    children: Children<'env, P, K>,
    body: BoxedBody<P, B, R>,
}

type BoxedBody<P, B, R> = Pin<Box<Body<B, <P as Policy>::Child<R>, R>>>;

impl<'env, P: Policy, B: Future<Output = P::Child<R>>, R, K: Kind> Run<'env, P, B, R, K> {
    pub(super) fn new(policy: P, options: Options, body: impl FnOnce(Scope<'env, P, K>) -> B) -> Self {
        let (engine, children) = Children::new(policy, options);
        let fut = body(Scope::new(&children.shared));
        let body = Body::new(engine.node.clone(), fut);
        Self {
            stays: PhantomData,
            engine,
            children,
            body,
        }
    }
}

impl<'env, P: Policy, B: Future<Output = P::Child<R>>, R, K: Kind> Unpin for Run<'env, P, B, R, K> {}

impl<'env, P: Policy, B: Future<Output = P::Child<R>>, R, K: Kind> Future for Run<'env, P, B, R, K> {
    type Output = P::Output<R>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<P::Output<R>> {
        let _expected = expect_panics();
        let this = self.get_mut();
        if this.engine.stage.is_ended() {
            return this.children.poll_again(&mut this.engine);
        }
        let mut whole = Whole {
            children: &mut this.children,
            body: this.body.as_mut(),
        };
        ready!(this.engine.drive(&mut whole, cx));
        let value = this.body.as_mut().take_value();
        this.children.resolve(&mut this.engine, value)
    }
}

impl<P: Policy, B: Future<Output = P::Child<R>>, R, K: Kind> Drop for Run<'_, P, B, R, K> {
    fn drop(&mut self) {
        let mut whole = Whole {
            children: &mut self.children,
            body: self.body.as_mut(),
        };
        whole.drop_all(&mut self.engine);
    }
}

impl<P: Policy, B: Future<Output = P::Child<R>>, R, K: Kind> fmt::Debug for Run<'_, P, B, R, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Run")
            .field("scope", &Scope::new(&self.children.shared))
            .finish_non_exhaustive()
    }
}

/// The future of [`try_scope`](crate::try_scope) and of [`Builder::try_run`](crate::Builder::try_run): a [`Run`] whose
/// error is the caller's own.
///
/// Dropping it, and polling it, is as with [`Run`].
#[must_use = "a scope does nothing until awaited"]
pub struct TryRun<'env, E, B, R, K: Kind = Threads>
where
    B: Future<Output = Result<R, E>>,
{
    run: Run<'env, FailFast<E>, B, R, K>,
    into_error: fn(ScopeError<E>) -> E,
}

impl<'env, E, B: Future<Output = Result<R, E>>, R, K: Kind> TryRun<'env, E, B, R, K> {
    pub(super) fn new(run: Run<'env, FailFast<E>, B, R, K>, into_error: fn(ScopeError<E>) -> E) -> Self {
        Self { run, into_error }
    }
}

impl<'env, E, B: Future<Output = Result<R, E>>, R, K: Kind> Future for TryRun<'env, E, B, R, K> {
    type Output = Result<R, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<R, E>> {
        let this = self.get_mut();
        Pin::new(&mut this.run)
            .poll(cx)
            .map(|result| result.map_err(this.into_error))
    }
}

impl<E, B: Future<Output = Result<R, E>>, R, K: Kind> fmt::Debug for TryRun<'_, E, B, R, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.run.fmt(f)
    }
}
