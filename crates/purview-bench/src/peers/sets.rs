use std::future::Future;

use futures::StreamExt;

use crate::{FailFast, Peer};

/// `FuturesUnorderedBounded` of futures-buffered.
#[derive(Debug)]
pub struct Buffered;

impl Peer for Buffered {
    const NAME: &'static str = "futures-buffered";

    async fn all<C, F>(n: usize, child: C) -> usize
    where
        C: Fn(usize) -> F + Send + Sync + 'static,
        F: Future<Output = usize> + Send + 'static,
    {
        let mut children = futures_buffered::FuturesUnorderedBounded::new(n);
        for i in 0..n {
            children.push(child(i));
        }
        let mut sum = 0;
        while let Some(value) = children.next().await {
            sum += value;
        }
        sum
    }
}

impl FailFast for Buffered {
    const NAME: &'static str = "futures-buffered, try_join_all";

    async fn try_all<C, F>(n: usize, child: C) -> Result<usize, usize>
    where
        C: Fn(usize) -> F + Send + Sync + 'static,
        F: Future<Output = Result<usize, usize>> + Send + 'static,
    {
        let all = futures_buffered::try_join_all((0..n).map(child)).await?;
        Ok(all.into_iter().sum())
    }
}

/// `FuturesUnordered` of unicycle.
#[derive(Debug)]
pub struct Unicycle;

impl Peer for Unicycle {
    const NAME: &'static str = "unicycle";

    async fn all<C, F>(n: usize, child: C) -> usize
    where
        C: Fn(usize) -> F + Send + Sync + 'static,
        F: Future<Output = usize> + Send + 'static,
    {
        let mut children = unicycle::FuturesUnordered::new();
        for i in 0..n {
            children.push(child(i));
        }
        let mut sum = 0;
        while let Some(value) = children.next().await {
            sum += value;
        }
        sum
    }
}
