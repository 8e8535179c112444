use std::future::Future;

use crate::{FailFast, Peer, one_thread};

/// [`purview::scope()`], without an executor.
#[derive(Debug)]
pub struct Scope;

async fn scope<F>(n: usize, child: impl Fn(usize) -> F + Send) -> usize
where
    F: Future<Output = usize> + Send,
{
    purview::scope(async move |s| {
        let children: Vec<_> = (0..n).map(|i| s.spawn(child(i))).collect();
        let mut sum = 0;
        for child in children {
            sum += child.await;
        }
        sum
    })
    .await
}

impl Peer for Scope {
    const NAME: &'static str = "Purview, scope";

    async fn all<C, F>(n: usize, child: C) -> usize
    where
        C: Fn(usize) -> F + Send + Sync + 'static,
        F: Future<Output = usize> + Send + 'static,
    {
        scope(n, child).await
    }
}

impl FailFast for Scope {
    const NAME: &'static str = "Purview, try_scope";

    async fn try_all<C, F>(n: usize, child: C) -> Result<usize, usize>
    where
        C: Fn(usize) -> F + Send + Sync + 'static,
        F: Future<Output = Result<usize, usize>> + Send + 'static,
    {
        purview::try_scope(async move |s| {
            let children: Vec<_> = (0..n).map(|i| s.spawn(child(i))).collect();
            let mut sum = 0;
            for child in children {
                sum += child.await;
            }
            Ok(sum)
        })
        .await
    }
}

/// [`purview::scope()`] on tokio's current thread.
#[derive(Debug)]
pub struct ScopeOnTokio;

impl Peer for ScopeOnTokio {
    const NAME: &'static str = "Purview, scope on tokio";

    async fn all<C, F>(n: usize, child: C) -> usize
    where
        C: Fn(usize) -> F + Send + Sync + 'static,
        F: Future<Output = usize> + Send + 'static,
    {
        scope(n, child).await
    }

    fn block_on<T>(whole: impl Future<Output = T>) -> T {
        one_thread().block_on(whole)
    }
}
