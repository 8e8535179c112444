use std::future::Future;

use futures_concurrency::future::{Join, TryJoin};

use crate::{FailFast, Peer};

/// `join` of a `Vec`, from futures-concurrency.
#[derive(Debug)]
pub struct VecJoin;

impl Peer for VecJoin {
    const NAME: &'static str = "futures-concurrency";

    async fn all<C, F>(n: usize, child: C) -> usize
    where
        C: Fn(usize) -> F + Send + Sync + 'static,
        F: Future<Output = usize> + Send + 'static,
    {
        let children: Vec<_> = (0..n).map(child).collect();
        children.join().await.into_iter().sum()
    }
}

impl FailFast for VecJoin {
    const NAME: &'static str = "futures-concurrency";

    async fn try_all<C, F>(n: usize, child: C) -> Result<usize, usize>
    where
        C: Fn(usize) -> F + Send + Sync + 'static,
        F: Future<Output = Result<usize, usize>> + Send + 'static,
    {
        let children: Vec<_> = (0..n).map(child).collect();
        Ok(children.try_join().await?.into_iter().sum())
    }
}
