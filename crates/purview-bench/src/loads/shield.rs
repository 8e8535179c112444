use futures::executor::block_on;

#[cfg(feature = "peers")]
use super::group::{Case, Group};
use crate::child;

/// So many times [`purview::shield`] around a future that yields once, one after another, in the body of a scope.
pub fn shielded(n: usize) {
    block_on(purview::scope(async |_| {
        for i in 0..n {
            assert_eq!(purview::shield(child::yields(1, i)).await, i);
        }
    }));
}

#[cfg(feature = "peers")]
fn bare(n: usize) {
    block_on(purview::scope(async |_| {
        for i in 0..n {
            assert_eq!(child::yields(1, i).await, i);
        }
    }));
}

#[cfg(feature = "peers")]
fn spawned(n: usize) {
    crate::one_thread().block_on(async {
        for i in 0..n {
            assert_eq!(tokio::spawn(child::yields(1, i)).await.expect("it does not panic"), i);
        }
    });
}

#[cfg(feature = "peers")]
pub(super) fn group() -> Group {
    let case = |peer, run| Case { peer, run };
    Group {
        name: "shield",
        what: "A future that yields once, kept from cancellation, one after another. Without Purview it is spawned.",
        per: "future",
        units: |n| n,
        sizes: &[100],
        base: "a task of tokio's",
        cases: vec![
            case("Purview, shield", shielded),
            case("a task of tokio's", spawned),
            case("the future alone, in a scope", bare),
        ],
    }
}
