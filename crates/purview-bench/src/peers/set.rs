use std::future::Future;

use futures::{FutureExt, StreamExt, stream::FuturesUnordered};

use crate::{FailFast, Peer};

/// A `FuturesUnordered` of futures of one type.
#[derive(Debug)]
pub struct Set;

impl Peer for Set {
    const NAME: &'static str = "FuturesUnordered";

    async fn all<C, F>(n: usize, child: C) -> usize
    where
        C: Fn(usize) -> F + Send + Sync + 'static,
        F: Future<Output = usize> + Send + 'static,
    {
        sum((0..n).map(child).collect()).await
    }
}

/// A `FuturesUnordered` of boxed futures, as it is written where they are of many types.
#[derive(Debug)]
pub struct BoxedSet;

impl Peer for BoxedSet {
    const NAME: &'static str = "FuturesUnordered, boxed";

    async fn all<C, F>(n: usize, child: C) -> usize
    where
        C: Fn(usize) -> F + Send + Sync + 'static,
        F: Future<Output = usize> + Send + 'static,
    {
        sum((0..n).map(|i| child(i).boxed()).collect()).await
    }
}

async fn sum<F: Future<Output = usize>>(mut children: FuturesUnordered<F>) -> usize {
    let mut sum = 0;
    while let Some(value) = children.next().await {
        sum += value;
    }
    sum
}

impl FailFast for BoxedSet {
    const NAME: &'static str = "FuturesUnordered, boxed";

    async fn try_all<C, F>(n: usize, child: C) -> Result<usize, usize>
    where
        C: Fn(usize) -> F + Send + Sync + 'static,
        F: Future<Output = Result<usize, usize>> + Send + 'static,
    {
        let mut children: FuturesUnordered<_> = (0..n).map(|i| child(i).boxed()).collect();
        let mut sum = 0;
        while let Some(value) = children.next().await {
            sum += value?;
        }
        Ok(sum)
    }
}
