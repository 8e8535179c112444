use futures::{StreamExt, future, stream::FuturesUnordered};
use futures_buffered::FuturesUnorderedBounded;
use tokio::task::JoinSet;

use crate::child;

pub(crate) async fn futures_unordered(n: usize) -> usize {
    let mut children: FuturesUnordered<_> = (0..n).map(child).collect();
    let mut sum = 0;
    while let Some(n) = children.next().await {
        sum += n;
    }
    sum
}

pub(crate) async fn buffered_set(n: usize) -> usize {
    let mut children = FuturesUnorderedBounded::new(n);
    for n in 0..n {
        children.push(child(n));
    }
    let mut sum = 0;
    while let Some(n) = children.next().await {
        sum += n;
    }
    sum
}

pub(crate) async fn join_all(n: usize) -> usize {
    future::join_all((0..n).map(child)).await.into_iter().sum()
}

pub(crate) async fn join_set(n: usize) -> usize {
    let mut children: JoinSet<usize> = (0..n).map(child).collect();
    let mut sum = 0;
    while let Some(ended) = children.join_next().await {
        sum += ended.expect("nobody panics");
    }
    sum
}
