//! How many allocations a child costs, beside what others make for the same.
//!
//! Counted and not timed, so one run is enough; what is made once for a thread or a runtime has been made before.
#![forbid(unsafe_code)]

mod ours;
mod theirs;

use std::alloc::System;

use purview_bench::Table;
use purview_tests::yield_now;
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const CHILDREN: usize = 10_000;

async fn child(n: usize) -> usize {
    yield_now().await;
    n
}

async fn fallible(n: usize) -> Result<usize, ()> {
    Ok(child(n).await)
}

/// How many allocations `run` makes when it does the same for the second time; reallocations, as of a vector that grows,
/// included.
fn allocations(run: impl Fn(usize), n: usize) -> usize {
    run(n);
    let before = ALLOCATOR.stats();
    run(n);
    let after = ALLOCATOR.stats();
    after.allocations + after.reallocations - before.allocations - before.reallocations
}

#[allow(clippy::cast_precision_loss, reason = "ten thousand children")]
fn each(run: impl Fn(usize)) -> String {
    format!("{:.2}", allocations(run, CHILDREN) as f64 / CHILDREN as f64)
}

fn main() {
    let tokio = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a tokio runtime");
    let here = |run: fn(usize) -> usize| each(move |n| assert_eq!(run(n), n));

    let mut table = Table::new(&["what", "allocations", "whose"]);
    let mut row = |what: &str, count: String, whose: &str| table.row(&[&what, &count, &whose]);
    row("a plain child", here(ours::plain), "Purview");
    row(
        "a future in a `FuturesUnordered`",
        here(theirs::futures_unordered),
        "futures",
    );
    row("a boxed future in a `FuturesUnordered`", here(theirs::boxed), "futures");
    row(
        "a parallel child, on tokio",
        each(|n| tokio.block_on(ours::parallel(n))),
        "Purview",
    );
    row(
        "a task in a `JoinSet`, on tokio",
        each(|n| tokio.block_on(theirs::join_set(n))),
        "tokio",
    );
    row("an element of `gather`", here(ours::gather), "Purview");
    row("an element of `try_join_all`", here(theirs::try_join_all), "futures");

    let three = |run: fn()| allocations(|_| run(), 0).to_string();
    row("`gather!` of three, in all", three(ours::three), "Purview");
    let under_tokio = tokio.block_on(async { three(ours::three) });
    row("`gather!` of three under tokio, in all", under_tokio, "Purview");
    row("`try_join!` of three, in all", three(theirs::three), "futures");
    println!("\nAllocations, counted over {CHILDREN} children where it does not say otherwise.\n\n{table}");
}
