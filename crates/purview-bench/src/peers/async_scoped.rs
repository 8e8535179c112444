use std::future::Future;

use crate::{Peer, many_threads};

/// A scope of async-scoped, whose only safe entry blocks its thread until the children have ended; on tokio it needs a
/// runtime of many threads for that.
#[derive(Debug)]
pub struct TokioScope;

impl Peer for TokioScope {
    const NAME: &'static str = "async-scoped, multi-thread";

    #[allow(clippy::unused_async, reason = "it blocks")]
    async fn all<C, F>(n: usize, child: C) -> usize
    where
        C: Fn(usize) -> F + Send + Sync + 'static,
        F: Future<Output = usize> + Send + 'static,
    {
        let ((), children) = async_scoped::TokioScope::scope_and_block(|s| {
            for i in 0..n {
                s.spawn(child(i));
            }
        });
        children.into_iter().map(|child| child.expect("none panics")).sum()
    }

    fn block_on<T>(whole: impl Future<Output = T>) -> T {
        many_threads().block_on(whole)
    }
}
