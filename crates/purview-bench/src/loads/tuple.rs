use std::{convert::Infallible, hint::black_box};

use futures::executor::block_on;

use crate::child::ready;

async fn child(i: usize) -> Result<usize, Infallible> {
    // Else three of them, ready as they are, are worked out by the compiler.
    Ok(ready(black_box(i)).await)
}

/// So many times [`purview::gather!`] of three futures that are ready.
pub fn gather_macro(n: usize) {
    block_on(async {
        for _ in 0..n {
            let three = purview::gather!(child(0), child(1), child(2)).await;
            assert_eq!(three.expect("none fails"), (0, 1, 2));
        }
    });
}

/// So many times `try_join` of three futures that are ready; the macro of that name expands to the same.
pub fn try_join_macro(n: usize) {
    block_on(async {
        for _ in 0..n {
            let three = futures::future::try_join3(child(0), child(1), child(2)).await;
            assert_eq!(three.expect("none fails"), (0, 1, 2));
        }
    });
}

/// So many times futures-concurrency's `try_join` of three futures that are ready.
#[cfg(feature = "peers")]
pub fn tuple_join(n: usize) {
    use futures_concurrency::future::TryJoin;

    block_on(async {
        for _ in 0..n {
            let three = (child(0), child(1), child(2)).try_join().await;
            assert_eq!(three.expect("none fails"), (0, 1, 2));
        }
    });
}
