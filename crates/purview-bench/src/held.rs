//! What a child holds while it waits.

use std::{
    future::{Future, pending},
    pin::Pin,
    task::{Context, Poll, Waker},
};

use futures::{FutureExt, StreamExt, stream::FuturesUnordered};
use tokio::task::JoinSet;

use crate::{one_thread, yield_now};

/// A future of 64 bytes that waits for ever.
#[derive(Debug)]
pub struct Waiting([u64; 8]);

impl Future for Waiting {
    type Output = usize;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<usize> {
        assert_eq!(self.0, [1; 8]);
        Poll::Pending
    }
}

fn waiting() -> Waiting {
    Waiting([1; 8])
}

/// Has `n` children wait on a peer, and calls back while they do.
pub type Hold = fn(usize, &mut dyn FnMut());

/// The peers that are looked at.
pub const ALL: &[(&str, Hold)] = &[
    ("held/scope", scope),
    ("held/gather", gather),
    ("held/boxed-set", boxed_set),
    ("held/set", set),
    ("held/join-set", join_set),
];

fn scope(n: usize, at_rest: &mut dyn FnMut()) {
    let scope = purview::scope(async |s| {
        for _ in 0..n {
            s.spawn(waiting());
        }
        pending::<()>().await;
    });
    while_pending(scope, n, at_rest);
}

fn gather(n: usize, at_rest: &mut dyn FnMut()) {
    let all = purview::gather((0..n).map(|_| waiting().map(Ok::<_, ()>)));
    while_pending(all, n, at_rest);
}

fn set(n: usize, at_rest: &mut dyn FnMut()) {
    let mut children: FuturesUnordered<_> = (0..n).map(|_| waiting()).collect();
    while_pending(children.next(), n, at_rest);
}

fn boxed_set(n: usize, at_rest: &mut dyn FnMut()) {
    let mut children: FuturesUnordered<_> = (0..n).map(|_| waiting().boxed()).collect();
    while_pending(children.next(), n, at_rest);
}

fn join_set(n: usize, at_rest: &mut dyn FnMut()) {
    one_thread().block_on(async {
        let mut children: JoinSet<_> = (0..n).map(|_| waiting()).collect();
        yield_now().await;
        at_rest();
        children.shutdown().await;
    });
}

/// Polls until all children have been polled, which takes a pass for each hundred or so.
fn while_pending(whole: impl Future, n: usize, at_rest: &mut dyn FnMut()) {
    let mut whole = Box::pin(whole);
    let mut cx = Context::from_waker(Waker::noop());
    for _ in 0..=n {
        assert!(whole.as_mut().poll(&mut cx).is_pending());
    }
    at_rest();
}
