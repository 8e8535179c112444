#![cfg(feature = "peers")]

use tokio::sync::oneshot;

use super::group::{ALL_SIZES, Group, cases};
use crate::{Batons, Peer, count_poll, one_thread, sum_of};

/// Children that are all woken at once, each to receive from a channel of tokio's what was sent long ago.
///
/// Every receipt uses up some of the budget that tokio gives to the task which polls; once that is spent its futures say
/// `Pending`, ready or not. So this runs on tokio, whatever the peer.
fn channels<P: Peer>(n: usize) {
    let batons = Batons::new(n);
    let child = move |i| {
        let batons = batons.clone();
        async move {
            count_poll();
            let (sender, receiver) = oneshot::channel();
            sender.send(i).expect("it is received below");
            if i + 1 < n {
                batons.wait(i).await;
            } else {
                batons.pass_all();
            }
            let mut receiver = receiver;
            let mut first = true;
            std::future::poll_fn(|cx| {
                if !std::mem::replace(&mut first, false) {
                    count_poll();
                }
                std::pin::Pin::new(&mut receiver).poll(cx)
            })
            .await
            .expect("it was sent above")
        }
    };
    assert_eq!(one_thread().block_on(P::all(n, child)), sum_of(n));
}

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
