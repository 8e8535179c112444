//! The program of `size_scope` with 32 more types of children, for `ci/size.sh`.
#![forbid(unsafe_code)]

use futures::executor::block_on;
use purview_bench::{yield_now, yields};

/// What a child gives; a type of its own for each number.
struct Given<const NUMBER: usize>(usize);

async fn child<const NUMBER: usize>() -> Given<NUMBER> {
    yield_now().await;
    Given(std::hint::black_box(NUMBER))
}

macro_rules! children {
    ($s:ident: $($number:literal)*) => {
        0 $(+ $s.spawn(child::<$number>()).await.0)*
    };
}

fn main() {
    let sum = block_on(purview_core::scope(async |s| {
        let more = children!(s: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32);
        more + s.spawn(yields(1, 1)).await
    }));
    println!("{sum}");
}
