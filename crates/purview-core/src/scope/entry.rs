use super::{
    builder::{fail_fast, with_policy},
    handle::Scope,
    kind::{Local, Threads},
    run::{Run, TryRun},
};
use crate::policy::{FailFast, JoinAll};

/// Runs `body` with a scope whose children cannot fail, and resolves to what it returns once all of them have ended.
///
/// Children may borrow whatever outlives the scope. They run beside the body, in the task that awaits the scope, and are
/// dropped before the scope resolves: it is [`std::thread::scope`] for tasks. A panic cancels the others and is resumed in
/// the task that awaits the scope. To learn of cancellations and deadlines, use [`fail_fast`]: this scope has no value for
/// a cancellation, and panics when it is cancelled through its own handle before its body has returned.
///
/// **Dropping the future** drops the body and every child, at once.
///
/// # Examples
///
/// ```
/// # use purview_core as purview;
/// let words = vec!["one", "two", "three"];
/// let total = purview::block_on(purview::scope(async |s| {
///     let tasks = words.iter().map(|word| s.spawn(async { word.len() })).collect::<Vec<_>>();
///     let mut total = 0;
///     for task in tasks {
///         total += task.await;
///     }
///     total
/// }));
/// assert_eq!((total, words.len()), (11, 3));
/// ```
#[track_caller]
pub fn scope<'env, F, B>(body: F) -> Run<'env, JoinAll, B, B::Output>
where
    F: FnOnce(Scope<'env, JoinAll, Threads>) -> B,
    B: Future,
{
    with_policy(JoinAll::new()).run(body)
}

/// As [`scope`], for children that need not be `Send`. Its future is not `Send` either. An executor that moves futures
/// between threads, as `tokio::spawn` does, needs a [`scope`].
///
/// # Examples
///
/// ```
/// # use purview_core as purview;
/// use std::{cell::RefCell, rc::Rc};
///
/// let log = Rc::new(RefCell::new(Vec::new()));
/// purview::block_on(purview::local_scope(async |s| {
///     for n in 0..3 {
///         let log = log.clone();
///         s.spawn(async move { log.borrow_mut().push(n) });
///     }
/// }));
/// assert_eq!(*log.borrow(), [0, 1, 2]);
/// ```
#[track_caller]
pub fn local_scope<'env, F, B>(body: F) -> Run<'env, JoinAll, B, B::Output, Local>
where
    F: FnOnce(Scope<'env, JoinAll, Local>) -> B,
    B: Future,
{
    with_policy(JoinAll::new()).run_local(body)
}

/// Runs `body` with a scope that ends at the first error, of a child or of the body, and resolves to that error.
///
/// The first error cancels the siblings and the body. Awaiting a task gives its value and not a `Result`, because the body
/// is dropped at a failure and never sees one. `?` inside works on anything that converts into the scope's error. For
/// further failures, and for cancellations, use [`fail_fast`].
///
/// The error type must be named somewhere: by the function around, or at the end of the body with `Ok::<_, MyError>(())`.
/// A child that never ends has no value from which its type could be inferred: `s.spawn::<(), _>(async { loop { .. } })`.
///
/// **Dropping the future** drops the body and every child, at once.
///
/// # Errors
///
/// The first error in time.
///
/// # Examples
///
/// ```
/// # use purview_core as purview;
/// async fn fetch(id: u32) -> Result<String, std::io::Error> { Ok(id.to_string()) }
///
/// let both = purview::block_on(purview::try_scope(async |s| {
///     let a = s.spawn(fetch(1));
///     let b = s.spawn(fetch(2));
///     Ok(a.await + &b.await)
/// }));
/// assert_eq!(both.unwrap(), "12");
/// ```
#[track_caller]
pub fn try_scope<'env, F, B, R, E>(body: F) -> TryRun<'env, E, B, R>
where
    F: FnOnce(Scope<'env, FailFast<E>, Threads>) -> B,
    B: Future<Output = Result<R, E>>,
{
    fail_fast().run_bare(body)
}

/// As [`try_scope`], for children that need not be `Send`.
///
/// # Examples
///
/// ```
/// # use purview_core as purview;
/// use std::rc::Rc;
///
/// let name = Rc::new("ann");
/// let length = purview::block_on(purview::try_local_scope(async |s| {
///     let name = name.clone();
///     Ok::<_, ()>(s.spawn(async move { Ok(name.len()) }).await)
/// }));
/// assert_eq!(length, Ok(3));
/// ```
#[track_caller]
pub fn try_local_scope<'env, F, B, R, E>(body: F) -> TryRun<'env, E, B, R, Local>
where
    F: FnOnce(Scope<'env, FailFast<E>, Local>) -> B,
    B: Future<Output = Result<R, E>>,
{
    fail_fast().run_local_bare(body)
}
