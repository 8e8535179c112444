use std::future::Future;

use tokio::task;

use crate::{FailFast, Peer, one_thread};

/// tokio's `JoinSet`, on its current thread.
#[derive(Debug)]
pub struct JoinSet;

async fn join_set<F>(n: usize, child: impl Fn(usize) -> F) -> usize
where
    F: Future<Output = usize> + Send + 'static,
{
    let mut children: task::JoinSet<_> = (0..n).map(child).collect();
    let mut sum = 0;
    while let Some(ended) = children.join_next().await {
        sum += ended.expect("none panics");
    }
    sum
}

impl Peer for JoinSet {
    const NAME: &'static str = "JoinSet, current-thread";

    async fn all<C, F>(n: usize, child: C) -> usize
    where
        C: Fn(usize) -> F + Send + Sync + 'static,
        F: Future<Output = usize> + Send + 'static,
    {
        join_set(n, child).await
    }

    fn block_on<T>(whole: impl Future<Output = T>) -> T {
        one_thread().block_on(whole)
    }
}

impl FailFast for JoinSet {
    const NAME: &'static str = "JoinSet, current-thread";

    async fn try_all<C, F>(n: usize, child: C) -> Result<usize, usize>
    where
        C: Fn(usize) -> F + Send + Sync + 'static,
        F: Future<Output = Result<usize, usize>> + Send + 'static,
    {
        let mut children: task::JoinSet<_> = (0..n).map(child).collect();
        let mut sum = 0;
        while let Some(ended) = children.join_next().await {
            match ended.expect("none panics") {
                Ok(value) => sum += value,
                Err(failure) => {
                    children.shutdown().await;
                    return Err(failure);
                }
            }
        }
        Ok(sum)
    }

    fn block_on<T>(whole: impl Future<Output = T>) -> T {
        one_thread().block_on(whole)
    }
}

/// tokio's `JoinSet`, on many threads.
#[cfg(feature = "peers")]
#[derive(Debug)]
pub struct JoinSetOnThreads;

#[cfg(feature = "peers")]
impl Peer for JoinSetOnThreads {
    const NAME: &'static str = "JoinSet, multi-thread";

    async fn all<C, F>(n: usize, child: C) -> usize
    where
        C: Fn(usize) -> F + Send + Sync + 'static,
        F: Future<Output = usize> + Send + 'static,
    {
        join_set(n, child).await
    }

    fn block_on<T>(whole: impl Future<Output = T>) -> T {
        crate::many_threads().block_on(whole)
    }
}
