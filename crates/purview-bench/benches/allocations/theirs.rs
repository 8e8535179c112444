use futures::{FutureExt, StreamExt, future, stream::FuturesUnordered};
use purview_tests::by_hand;
use tokio::task::JoinSet;

use crate::{child, fallible};

pub(crate) fn futures_unordered(n: usize) -> usize {
    let children: FuturesUnordered<_> = (0..n).map(child).collect();
    by_hand(children.count()).finish()
}

pub(crate) fn boxed(n: usize) -> usize {
    let children: FuturesUnordered<_> = (0..n).map(|n| child(n).boxed()).collect();
    by_hand(children.count()).finish()
}

pub(crate) async fn join_set(n: usize) {
    let mut children: JoinSet<_> = (0..n).map(child).collect();
    while children.join_next().await.is_some() {}
}

pub(crate) fn try_join_all(n: usize) -> usize {
    let all = by_hand(future::try_join_all((0..n).map(fallible))).finish();
    all.expect("nobody fails").len()
}

pub(crate) fn three() {
    let all = async { futures::try_join!(fallible(0), fallible(1), fallible(2)) };
    let mut all = std::pin::pin!(all);
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    while all.as_mut().poll(&mut cx).is_pending() {}
}
