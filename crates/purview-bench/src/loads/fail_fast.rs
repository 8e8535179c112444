use std::future::pending;

#[cfg(feature = "peers")]
use super::group::{FEWER_SIZES, Group, cases};
use crate::{FailFast, count_poll};

/// The last child fails while all others wait.
pub fn fail_fast<P: FailFast>(n: usize) {
    assert_eq!(P::block_on(P::try_all(n, move |i| child(n, i))), Err(n - 1));
}

async fn child(n: usize, i: usize) -> Result<usize, usize> {
    count_poll();
    if i + 1 < n { pending().await } else { Err(i) }
}

#[cfg(feature = "peers")]
pub(super) fn group() -> Group {
    Group {
        name: "fail-fast",
        // `try_join_all` is missing: of more than 30 futures it waits for those before the one that failed, here for ever.
        what: "The last child fails at once, and the others, which wait for ever, are dropped.",
        per: "child",
        units: |n| n,
        sizes: FEWER_SIZES,
        base: "FuturesUnordered, boxed",
        cases: cases!(fail_fast, FailFast: Scope, Gather, BoxedSet, Buffered, VecJoin, Moro, JoinSet),
    }
}
