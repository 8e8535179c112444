use purview_core::{Builder, FailFast, JoinAll, Local, LocalScope, Policy, Run, Scope, Settled, TryRun};

use crate::select::select;

/// Opens a scope whose children cannot fail, and resolves to what its body returns.
///
/// The body is given a handle, [`Scope`], and runs beside the children it spawns. The scope resolves when the body and
/// every child have ended, and only after every child future has been dropped; children may therefore borrow anything
/// that lives outside the scope. If a child panics, its siblings are cancelled and the panic is resumed in the caller.
///
/// Children of the scope share the task that awaits it. Work that needs other cores goes to
/// [`spawn_parallel`](Scope::spawn_parallel).
///
/// # On drop
///
/// Dropping the future drops every child, newest first, before the drop returns. Finalizers given to
/// [`defer`](Scope::defer) cannot run then.
///
/// # Cancellation
///
/// There is no value for a cancelled `scope`: one that is cancelled through its own handle or deadline panics in the
/// awaiting task, and one cancelled by the scope around it stays pending until that one drops it. A scope that expects
/// to be cancelled is opened with [`fail_fast`].
///
/// # Panics
///
/// With the payload of the first child that panics; and when the scope was cancelled, as said above.
///
/// # Examples
///
/// ```
/// # fn main() { purview::block_on(async {
/// let numbers = vec![1, 2, 3];
/// let (sum, product) = purview::scope(async |s| {
///     let sum = s.spawn(async { numbers.iter().sum::<i32>() });
///     let product = s.spawn(async { numbers.iter().product::<i32>() });
///     (sum.await, product.await)
/// })
/// .await;
/// assert_eq!((sum, product), (6, 6));
/// # }) }
/// ```
#[track_caller]
pub fn scope<'env, F, B>(body: F) -> Run<'env, JoinAll, B, B::Output>
where
    F: FnOnce(Scope<'env, JoinAll>) -> B,
    B: Future,
{
    with_policy(JoinAll::new()).run(body)
}

/// [`scope`] for children that need not be `Send`. Its future is not `Send` either: what an executor moves between threads,
/// as `tokio::spawn` does, is a [`scope`].
///
/// # Panics
///
/// As [`scope`].
///
/// # Examples
///
/// ```
/// # fn main() { purview::block_on(async {
/// use std::{cell::Cell, rc::Rc};
///
/// let count = Rc::new(Cell::new(0));
/// purview::local_scope(async |s| {
///     for _ in 0..3 {
///         let count = count.clone();
///         s.spawn(async move { count.set(count.get() + 1) });
///     }
/// })
/// .await;
/// assert_eq!(count.get(), 3);
/// # }) }
/// ```
#[track_caller]
pub fn local_scope<'env, F, B>(body: F) -> Run<'env, JoinAll, B, B::Output, Local>
where
    F: FnOnce(LocalScope<'env, JoinAll>) -> B,
    B: Future,
{
    with_policy(JoinAll::new()).run_local(body)
}

/// Opens a scope that ends with the first failure, and resolves to what its body returns or to that failure.
///
/// The first `Err` in time, a child's or the body's, cancels everything else in the scope. Awaiting a
/// [`Task`](purview_core::Task) yields the child's value: when a child fails, the body is dropped. When several fail,
/// only the first is returned; [`fail_fast`] reports them all.
///
/// Otherwise as [`scope`]: it resolves when everything in it has been dropped, dropping it drops every child, and it has
/// no value for a cancellation. With options, and a value for a cancellation, it is
/// [`fail_fast().try_run(..)`](purview_core::Builder::try_run).
///
/// The error type must be named somewhere: by the function around, or at the end of the body with `Ok::<_, MyError>(())`.
/// A child that never ends has no value from which its type could be inferred: `s.spawn::<(), _>(async { loop { .. } })`.
///
/// # Errors
///
/// The first failure.
///
/// # Panics
///
/// As [`scope`].
///
/// # Examples
///
/// ```
/// # fn main() { purview::block_on(async {
/// async fn parse(text: &str) -> Result<i32, std::num::ParseIntError> {
///     text.parse()
/// }
///
/// let (a, b) = (String::from("40"), String::from("2"));
/// let sum = purview::try_scope(async |s| {
///     let (a, b) = (s.spawn(parse(&a)), s.spawn(parse(&b)));
///     Ok(a.await + b.await)
/// })
/// .await;
/// assert_eq!(sum, Ok(42));
///
/// let failed = purview::try_scope(async |s| {
///     s.spawn(parse("forty"));
///     std::future::pending().await // cancelled by the failure of its sibling
/// });
/// assert!(failed.await.map(|()| 0).is_err());
/// # }) }
/// ```
#[track_caller]
pub fn try_scope<'env, F, B, R, E>(body: F) -> TryRun<'env, E, B, R>
where
    F: FnOnce(Scope<'env, FailFast<E>>) -> B,
    B: Future<Output = Result<R, E>>,
{
    fail_fast().run_bare(body)
}

/// [`try_scope`] for children that need not be `Send`. Its future is not `Send` either.
///
/// # Errors
///
/// The first failure.
///
/// # Panics
///
/// As [`scope`].
///
/// # Examples
///
/// ```
/// # fn main() { purview::block_on(async {
/// use std::rc::Rc;
///
/// let result: Result<usize, std::num::ParseIntError> = purview::try_local_scope(async |s| {
///     let task = s.spawn(async { Ok(Rc::new("12".parse()?)) });
///     Ok(*task.await)
/// })
/// .await;
/// assert_eq!(result, Ok(12));
/// # }) }
/// ```
#[track_caller]
pub fn try_local_scope<'env, F, B, R, E>(body: F) -> TryRun<'env, E, B, R, Local>
where
    F: FnOnce(LocalScope<'env, FailFast<E>>) -> B,
    B: Future<Output = Result<R, E>>,
{
    fail_fast().run_local_bare(body)
}

/// Options for a scope that ends with the first failure and reports every one.
///
/// As [`try_scope`], with a name, a deadline, a limit and so on, and with an error that tells a failure from a deadline
/// and from a cancellation: [`ScopeError`](purview_core::ScopeError).
///
/// # Examples
///
/// ```
/// # fn main() { purview::block_on(async {
/// use std::{io, time::Duration};
///
/// let late = purview::fail_fast::<io::Error>()
///     .name("import")
///     .timeout(Duration::from_millis(1))
///     .run(async |s| {
///         s.spawn(std::future::pending::<Result<(), _>>());
///         Ok(())
///     })
///     .await
///     .unwrap_err();
/// assert!(late.is_deadline_exceeded());
/// # }) }
/// ```
pub fn fail_fast<E>() -> Builder<FailFast<E>> {
    purview_core::fail_fast().or_runtime(select)
}

/// Options for a scope in which a failing child does not affect the others.
///
/// Awaiting a [`Task`](purview_core::Task) yields a `Result`. Failures of children whose task was not awaited are in
/// the [`Settlement`](purview_core::Settlement) that the scope resolves to. On a deadline the children are cancelled
/// first, and the body returns what it has.
///
/// # Examples
///
/// ```
/// # fn main() { purview::block_on(async {
/// let done = purview::settled()
///     .run(async |s| {
///         let good = s.spawn(async { Ok(1) });
///         let bad = s.spawn(async { Err::<(), _>("no") });
///         assert!(bad.await.is_err());
///         s.spawn(async { Err::<(), _>("never awaited") });
///         Ok(good.await.unwrap_or(0))
///     })
///     .await
///     .unwrap();
/// assert_eq!(done.value, 1);
/// assert_eq!(done.failures.len(), 1);
/// # }) }
/// ```
pub fn settled<E>() -> Builder<Settled<E>> {
    purview_core::settled().or_runtime(select)
}

/// Options for a scope under a policy of your own.
///
/// # Examples
///
/// The built-in policies are values like any other:
///
/// ```
/// # fn main() { purview::block_on(async {
/// let scope = purview::with_policy(purview::JoinAll::new()).name("import").limit(2);
/// assert_eq!(scope.run(async |s| s.spawn(async { 42 }).await).await, 42);
/// # }) }
/// ```
///
/// [`Policy`] shows how to write one.
pub fn with_policy<P: Policy>(policy: P) -> Builder<P> {
    purview_core::with_policy(policy).or_runtime(select)
}
