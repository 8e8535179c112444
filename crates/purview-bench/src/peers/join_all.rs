use std::{convert::Infallible, future::Future};

use futures::{
    FutureExt,
    future::{join_all, try_join_all},
};

use crate::{FailFast, Peer};

/// `join_all` of futures.
#[derive(Debug)]
pub struct JoinAll;

impl Peer for JoinAll {
    const NAME: &'static str = "join_all";

    async fn all<C, F>(n: usize, child: C) -> usize
    where
        C: Fn(usize) -> F + Send + Sync + 'static,
        F: Future<Output = usize> + Send + 'static,
    {
        join_all((0..n).map(child)).await.into_iter().sum()
    }
}

/// `try_join_all` of futures.
#[derive(Debug)]
pub struct TryJoinAll;

impl Peer for TryJoinAll {
    const NAME: &'static str = "try_join_all";

    async fn all<C, F>(n: usize, child: C) -> usize
    where
        C: Fn(usize) -> F + Send + Sync + 'static,
        F: Future<Output = usize> + Send + 'static,
    {
        let all = try_join_all((0..n).map(|i| child(i).map(Ok::<_, Infallible>))).await;
        all.expect("none fails").into_iter().sum()
    }
}

impl FailFast for TryJoinAll {
    const NAME: &'static str = "try_join_all";

    async fn try_all<C, F>(n: usize, child: C) -> Result<usize, usize>
    where
        C: Fn(usize) -> F + Send + Sync + 'static,
        F: Future<Output = Result<usize, usize>> + Send + 'static,
    {
        Ok(try_join_all((0..n).map(child)).await?.into_iter().sum())
    }
}
