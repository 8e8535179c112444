//! What it costs to spawn children and to await them all, beside what others offer for the same.
//!
//! Every child yields once and gives its number; all numbers are added up, so that nothing is left out.
#![forbid(unsafe_code)]

mod ours;
mod theirs;

use std::time::Duration;

use purview_bench::{Table, turns};
use purview_tests::yield_now;
use tokio::runtime::{Builder, Runtime};

async fn child(n: usize) -> usize {
    yield_now().await;
    n
}

/// What the numbers of so many children add up to.
const fn sum_of(n: usize) -> usize {
    n * (n - 1) / 2
}

fn main() {
    let one = Builder::new_current_thread().build().expect("a tokio runtime");
    let two = Builder::new_multi_thread()
        .worker_threads(2)
        .build()
        .expect("a tokio runtime");
    let on_tokio = |runtime: &Runtime, name: &str, table: &mut Table| {
        for (n, rounds) in [(1_000, 301), (100_000, 15)] {
            let measured = turns(
                rounds,
                || assert_eq!(runtime.block_on(ours::scope(n)), sum_of(n)),
                || assert_eq!(runtime.block_on(theirs::join_set(n)), sum_of(n)),
            );
            row(table, "scope", &format!("`JoinSet`, {name}"), n, measured);
        }
    };

    let mut table = Table::new(&["Purview", "peer", "children", "Purview, each", "peer, each", "ratio"]);
    for (n, rounds) in [(1_000, 301), (100_000, 15)] {
        let mut here = |ours: &str, peer: &str, a: &dyn Fn(usize) -> usize, b: &dyn Fn(usize) -> usize| {
            let measured = turns(rounds, || assert_eq!(a(n), sum_of(n)), || assert_eq!(b(n), sum_of(n)));
            row(&mut table, ours, peer, n, measured);
        };
        let scope = |n| purview::block_on(ours::scope(n));
        let gather = |n| purview::block_on(ours::gather(n));
        let set = |n| purview::block_on(theirs::futures_unordered(n));
        let buffered = |n| purview::block_on(theirs::buffered_set(n));
        let join_all = |n| purview::block_on(theirs::join_all(n));
        here("scope", "`FuturesUnordered`", &scope, &set);
        here(
            "scope",
            "`FuturesUnorderedBounded` of futures-buffered",
            &scope,
            &buffered,
        );
        here("scope", "`join_all`", &scope, &join_all);
        here("`gather`", "`FuturesUnordered`", &gather, &set);
        here("`gather`", "`join_all`", &gather, &join_all);
    }
    on_tokio(&one, "current-thread", &mut table);
    on_tokio(&two, "multi-thread", &mut table);
    println!("\nSpawning and awaiting, medians; without an executor where the peer needs none.\n\n{table}");
}

fn row(table: &mut Table, ours: &str, peer: &str, n: usize, measured: purview_bench::Turns) {
    let each = |all: Duration| format!("{:.0} ns", all.as_secs_f64() * 1e9 / count(n));
    table.row(&[
        &ours,
        &peer,
        &n,
        &each(measured.ours),
        &each(measured.theirs),
        &format!("{:.2}", measured.ratio),
    ]);
}

#[allow(clippy::cast_precision_loss, reason = "a hundred thousand at most")]
fn count(n: usize) -> f64 {
    n as f64
}
