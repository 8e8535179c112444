use std::future::Future;

use crate::{Peer, one_thread};

/// Parallel children of a [`purview::scope()`], on tokio's current thread.
#[derive(Debug)]
pub struct Parallel;

async fn parallel<F>(n: usize, child: impl Fn(usize) -> F + Send) -> usize
where
    F: Future<Output = usize> + Send + 'static,
{
    purview::scope(async move |s| {
        let children: Vec<_> = (0..n).map(|i| s.spawn_parallel(child(i))).collect();
        let mut sum = 0;
        for child in children {
            sum += child.await;
        }
        sum
    })
    .await
}

impl Peer for Parallel {
    const NAME: &'static str = "Purview, spawn_parallel on tokio";

    async fn all<C, F>(n: usize, child: C) -> usize
    where
        C: Fn(usize) -> F + Send + Sync + 'static,
        F: Future<Output = usize> + Send + 'static,
    {
        parallel(n, child).await
    }

    fn block_on<T>(whole: impl Future<Output = T>) -> T {
        one_thread().block_on(whole)
    }
}

/// Parallel children of a [`purview::scope()`], on tokio's threads.
#[cfg(feature = "peers")]
#[derive(Debug)]
pub struct ParallelOnThreads;

#[cfg(feature = "peers")]
impl Peer for ParallelOnThreads {
    const NAME: &'static str = "Purview, spawn_parallel on tokio's threads";

    async fn all<C, F>(n: usize, child: C) -> usize
    where
        C: Fn(usize) -> F + Send + Sync + 'static,
        F: Future<Output = usize> + Send + 'static,
    {
        parallel(n, child).await
    }

    fn block_on<T>(whole: impl Future<Output = T>) -> T {
        crate::many_threads().block_on(whole)
    }
}
