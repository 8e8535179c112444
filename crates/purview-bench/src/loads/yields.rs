#[cfg(feature = "peers")]
use super::group::{ALL_SIZES, FEWER_SIZES, Group, on_every_peer};
use crate::{Peer, child, sum_of};

/// Children that yield so many times.
pub fn yields<const TIMES: usize, P: Peer>(n: usize) {
    assert_eq!(P::block_on(P::all(n, |i| child::yields(TIMES, i))), sum_of(n));
}

#[cfg(feature = "peers")]
pub(super) fn group_once() -> Group {
    fn once<P: Peer>(n: usize) {
        yields::<1, P>(n);
    }
    Group {
        name: "yield-1",
        what: "Each child yields once.",
        per: "child",
        units: |n| n,
        sizes: ALL_SIZES,
        base: "FuturesUnordered, boxed",
        cases: on_every_peer!(once),
    }
}

#[cfg(feature = "peers")]
pub(super) fn group_eight_times() -> Group {
    fn eight_times<P: Peer>(n: usize) {
        yields::<8, P>(n);
    }
    Group {
        name: "yield-8",
        what: "Each child yields eight times.",
        per: "yield",
        units: |n| 8 * n,
        sizes: FEWER_SIZES,
        base: "FuturesUnordered, boxed",
        cases: on_every_peer!(eight_times),
    }
}
