#[cfg(feature = "peers")]
use super::group::{Group, on_one_thread};
use crate::{Peer, child, sum_of};

/// Children whose futures hold so many bytes.
pub fn sized<const BYTES: usize, P: Peer>(n: usize) {
    assert_eq!(P::block_on(P::all(n, child::sized::<BYTES>)), sum_of(n));
}

#[cfg(feature = "peers")]
macro_rules! group {
    ($group:ident, $bytes:literal, $name:literal, $what:literal) => {
        pub(super) fn $group() -> Group {
            fn run<P: Peer>(n: usize) {
                sized::<$bytes, P>(n);
            }
            Group {
                name: $name,
                what: $what,
                per: "child",
                units: |n| n,
                sizes: &[1, 10, 100, 1_000],
                base: "FuturesUnordered, boxed",
                cases: on_one_thread!(run),
            }
        }
    };
}

#[cfg(feature = "peers")]
group!(
    group_64,
    64,
    "bytes-64",
    "Each child yields once, and its future holds 64 bytes."
);
#[cfg(feature = "peers")]
group!(
    group_1024,
    1_024,
    "bytes-1024",
    "Each child yields once, and its future holds 1 KiB."
);
#[cfg(feature = "peers")]
group!(
    group_16384,
    16_384,
    "bytes-16384",
    "Each child yields once, and its future holds 16 KiB."
);
