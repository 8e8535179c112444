#[cfg(feature = "peers")]
use super::group::{ALL_SIZES, Group, on_every_peer};
use crate::{Peer, child, sum_of};

/// Children that have nothing to wait for.
///
/// # Panics
///
/// For a peer that loses a child; so do all loads.
pub fn ready<P: Peer>(n: usize) {
    assert_eq!(P::block_on(P::all(n, child::ready)), sum_of(n));
}

#[cfg(feature = "peers")]
pub(super) fn group() -> Group {
    Group {
        name: "ready",
        what: "Each child is ready when it is first polled.",
        per: "child",
        units: |n| n,
        sizes: ALL_SIZES,
        base: "FuturesUnordered, boxed",
        cases: on_every_peer!(ready),
    }
}
