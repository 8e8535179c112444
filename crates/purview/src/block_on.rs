/// Runs a future to its end on this thread: how sync code enters a scope.
///
/// The thread sleeps while the future waits. It polls nothing but this future, so what is spawned on an executor needs
/// threads of that executor to run.
///
/// # Panics
///
/// Where blocking the thread would stall the tasks that it drives: inside a scope's children on any executor, inside a
/// tokio runtime, inside a task of async-std, on a thread of smol's global executor. There the future is to be awaited.
/// Code that tokio runs under `spawn_blocking` or `block_in_place` may block, and so may a thread that has merely
/// entered a tokio runtime's context. A thread inside `smol::block_on`, or one that runs a smol executor of your own,
/// cannot be told from any other.
///
/// # Examples
///
/// ```
/// let lengths = ["a", "bc"];
/// let sum = purview::block_on(purview::scope(async |s| {
///     let [a, b] = lengths.map(|text| s.spawn(async move { text.len() }));
///     a.await + b.await
/// }));
/// assert_eq!(sum, 3);
/// ```
#[track_caller]
pub fn block_on<F: Future>(fut: F) -> F::Output {
    // In a task of a scope the core refuses, and names the task.
    if purview_core::current().is_none() {
        if let Some(executor) = executor_of_this_thread() {
            panic!(
                "`block_on` was called on a thread on which the async runtime {executor} drives tasks, where it would \
                 block them: `.await` the future instead, or call it on a thread that may block"
            );
        }
    }
    purview_core::block_on(fut)
}

fn executor_of_this_thread() -> Option<&'static str> {
    #[cfg(feature = "tokio")]
    if crate::runtime::Tokio::drives_this_thread() {
        return Some("tokio");
    }
    #[cfg(feature = "smol")]
    if crate::runtime::Smol::drives_this_thread() {
        return Some("smol");
    }
    #[cfg(feature = "async-std")]
    if crate::runtime::AsyncStd::drives_this_thread() {
        return Some("async-std");
    }
    None
}
