use std::time::Duration;

#[cfg(feature = "peers")]
use super::group::{Case, Group};
use crate::{child, one_thread};

const LONG: Duration = Duration::from_secs(3600);

/// So many times [`purview::timeout`] around a future that is ready, one after another, on tokio.
pub fn timeout(n: usize) {
    one_thread().block_on(async {
        for i in 0..n {
            assert_eq!(purview::timeout(LONG, child::ready(i)).await, Ok(i));
        }
    });
}

#[cfg(feature = "peers")]
fn in_a_scope(n: usize) {
    one_thread().block_on(purview::scope(async |_| {
        for i in 0..n {
            assert_eq!(purview::timeout(LONG, child::ready(i)).await, Ok(i));
        }
    }));
}

/// The same with tokio's own.
pub fn timeout_of_tokio(n: usize) {
    one_thread().block_on(async {
        for i in 0..n {
            assert_eq!(tokio::time::timeout(LONG, child::ready(i)).await, Ok(i));
        }
    });
}

#[cfg(feature = "peers")]
fn none(n: usize) {
    one_thread().block_on(async {
        for i in 0..n {
            assert_eq!(child::ready(i).await, i);
        }
    });
}

#[cfg(feature = "peers")]
pub(super) fn group() -> Group {
    let case = |peer, run| Case { peer, run };
    Group {
        name: "timeout",
        what: "A timeout around a future that is ready, one after another.",
        per: "timeout",
        units: |n| n,
        sizes: &[100],
        base: "tokio's timeout",
        cases: vec![
            case("Purview, timeout", timeout),
            case("Purview, timeout in a scope", in_a_scope),
            case("tokio's timeout", timeout_of_tokio),
            case("no timeout", none),
        ],
    }
}
