use std::{future::poll_fn, pin::Pin};

use tokio::sync::oneshot;

#[cfg(feature = "peers")]
use super::group::{ALL_SIZES, Group, cases};
use crate::{Batons, Peer, count_poll, one_thread, sum_of};

/// Children that are all woken at once, each to receive from a channel of tokio's what was sent long ago.
///
/// Every receipt uses up some of the budget that tokio gives to the task which polls; once that is spent its futures say
/// `Pending`, ready or not. So this runs on tokio, whatever the peer.
pub fn channels<P: Peer>(n: usize) {
    let batons = Batons::new(n);
    let all = P::all(n, move |i| child(batons.clone(), n, i));
    assert_eq!(one_thread().block_on(all), sum_of(n));
}

async fn child(batons: Batons, n: usize, i: usize) -> usize {
    count_poll();
    let (sender, mut receiver) = oneshot::channel();
    sender.send(i).expect("it is received below");
    if i + 1 < n {
        batons.wait(i).await;
    } else {
        batons.pass_all();
    }
    // The first poll is that of the child which was woken.
    let mut polled = false;
    let value = poll_fn(|cx| {
        if std::mem::replace(&mut polled, true) {
            count_poll();
        }
        Pin::new(&mut receiver).poll(cx)
    });
    value.await.expect("it was sent above")
}

#[cfg(feature = "peers")]
pub(super) fn group() -> Group {
    Group {
        name: "tokio-channels",
        what: "Children that are all woken at once, each to receive from a tokio channel, in a task of tokio's.",
        per: "child",
        units: |n| n,
        sizes: ALL_SIZES,
        base: "JoinSet, current-thread",
        cases: cases!(
            channels, Peer: ScopeOnTokio, Gather, Set, BoxedSet, JoinAll, Buffered, Unicycle, VecJoin, Moro, MoroLocal,
            LocalExecutor, Parallel, JoinSet,
        ),
    }
}
