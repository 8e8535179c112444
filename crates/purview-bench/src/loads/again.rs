#![cfg(feature = "peers")]

use super::group::{FEWER_SIZES, Group, on_one_thread};
use crate::{Batons, Peer, count_poll, sum_of, yield_now};

const fn wakes(n: usize) -> usize {
    if n > 1_000 { 8 * n } else { 8_000 }
}

/// The last child yields again and again, while the others wait for it.
fn again<P: Peer>(n: usize) {
    let batons = Batons::new(n);
    assert_eq!(P::block_on(P::all(n, move |i| child(batons.clone(), n, i))), sum_of(n));
}

async fn child(batons: Batons, n: usize, i: usize) -> usize {
    count_poll();
    if i + 1 < n {
        batons.wait(i).await;
        return i;
    }
    for _ in 0..wakes(n) {
        yield_now().await;
    }
    batons.pass_all();
    i
}

pub(super) fn group() -> Group {
    Group {
        name: "one-of-many",
        what: "One child is woken at least 8,000 times, while all others wait for it to end.",
        per: "wake-up",
        units: wakes,
        sizes: FEWER_SIZES,
        base: "FuturesUnordered, boxed",
        cases: on_one_thread!(again),
    }
}
