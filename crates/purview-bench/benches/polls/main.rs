//! How often children are polled that all wake at once and each use up tokio's cooperative budget, and how often a scope is
//! polled for one wake-up.
#![forbid(unsafe_code)]

// What the scorecard measures is measured here too, beside the peers.
#[path = "../../../../tests/examples/scorecard/crowd.rs"]
mod crowd;
mod theirs;
#[path = "../../../../tests/examples/scorecard/wakes.rs"]
mod wakes;

use std::time::Instant;

use crowd::{COOPERATING, polls_per_child_under_tokio};
use purview_bench::Table;

fn main() {
    let mut table = Table::new(&["under tokio", "children", "polls of each", "time"]);
    let mut row = |name: &str, n: usize, measure: &dyn Fn() -> f64| {
        let began = Instant::now();
        let polls = measure();
        table.row(&[&name, &n, &format!("{polls:.3}"), &format!("{:.2?}", began.elapsed())]);
    };
    row("scope", COOPERATING, &polls_per_child_under_tokio);
    row("`JoinSet`", COOPERATING, &|| theirs::join_set(COOPERATING));
    row("bare `FuturesUnordered`", theirs::FEWER, &|| {
        theirs::futures_unordered(theirs::FEWER)
    });
    println!("\nChildren that each take a free permit of tokio's, all woken at once.\n\n{table}");
    println!(
        "Polls of a scope for one wake-up of a child: {:.3}",
        wakes::scope_polls_per_wake()
    );
}
