//! A program with one scope of one child, for `ci/size.sh`.
#![forbid(unsafe_code)]

use futures::executor::block_on;
use purview_bench::yields;

fn main() {
    let sum = block_on(purview_core::scope(async |s| s.spawn(yields(1, 1)).await));
    println!("{sum}");
}
