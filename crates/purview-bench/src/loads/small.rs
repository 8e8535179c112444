#[cfg(feature = "peers")]
use super::group::{Case, Group, on_one_thread};
use crate::{Peer, child, sum_of};

/// So many scopes one after another, each with `CHILDREN` that are ready.
pub fn small<const CHILDREN: usize, P: Peer>(n: usize) {
    P::block_on(async {
        for _ in 0..n {
            assert_eq!(P::all(CHILDREN, child::ready).await, sum_of(CHILDREN));
        }
    });
}

#[cfg(feature = "peers")]
macro_rules! group {
    ($group:ident, $children:literal, $name:literal, $what:literal, [$($more:expr),*]) => {
        pub(super) fn $group() -> Group {
            fn run<P: Peer>(n: usize) {
                small::<$children, P>(n);
            }
            #[allow(unused_mut, reason = "only some have more")]
            let mut cases = on_one_thread!(run);
            $(cases.push($more);)*
            Group {
                name: $name,
                what: $what,
                per: "scope",
                units: |n| n,
                sizes: &[1, 100],
                base: "FuturesUnordered, boxed",
                cases,
            }
        }
    };
}

#[cfg(feature = "peers")]
group!(group_0, 0, "scope-0", "Scopes without children, one after another.", []);
#[cfg(feature = "peers")]
group!(
    group_1,
    1,
    "scope-1",
    "Scopes of one child that is ready, one after another.",
    []
);
#[cfg(feature = "peers")]
group!(
    group_3,
    3,
    "scope-3",
    "Scopes of three children that are ready, one after another.",
    [
        Case {
            peer: "Purview, gather!",
            run: super::gather_macro
        },
        Case {
            peer: "try_join!",
            run: super::try_join_macro
        },
        Case {
            peer: "futures-concurrency, tuple",
            run: super::tuple_join
        }
    ]
);
