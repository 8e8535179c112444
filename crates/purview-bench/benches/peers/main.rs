//! Every load on every peer, in turns, in one process.
//!
//! ```text
//! cargo bench -p purview-bench                       # all of it, some minutes
//! cargo bench -p purview-bench -- --quick            # less of it, under a minute
//! cargo bench -p purview-bench -- timers cancel      # these loads; `parallel` is one of them
//! cargo bench -p purview-bench -- --write            # all of it, and writes docs/src/benchmarks.md with its charts
//! cargo bench -p purview-bench -- --write --quick    # the same from fewer rounds
//! ```
//!
//! Absolute times say more about a machine than about a crate, and change from one minute to the next where others use it.
//! So all peers run in turns, and what counts is the median of the ratios, each of one turn.
#![forbid(unsafe_code)]

mod chart;
mod counted;
mod machine;
mod numbers;
mod on_core;
mod page;
mod parallel;
mod rounds;
mod summary;
mod table;

use std::{env, process::Command, thread, time::Duration};

use purview_bench::loads;
use rounds::{Measured, Patience};
use table::Table;

fn main() {
    // Cargo adds `--bench`.
    let (flags, names): (Vec<String>, Vec<String>) = env::args().skip(1).partition(|text| text.starts_with("--"));
    let has = |flag: &str| flags.iter().any(|has| has == flag);
    let (quick, write) = (has("--quick"), has("--write"));
    // smol's global executor has one thread unless its environment says otherwise.
    if env::var_os("SMOL_THREADS").is_none() {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let me = env::current_exe().expect("the path of this program");
        let again = Command::new(me)
            .args(env::args_os().skip(1))
            .env("SMOL_THREADS", cores.to_string())
            .status();
        assert!(again.expect("this program can be started").success());
        return;
    }
    let patience = if quick {
        Patience {
            budget: Duration::from_millis(250),
            limit: Duration::from_millis(250),
            fewest_rounds: 3,
        }
    } else {
        Patience {
            budget: Duration::from_secs(2),
            limit: Duration::from_secs(2),
            fewest_rounds: 5,
        }
    };
    let asked = |name: &str| names.is_empty() || names.iter().any(|asked| asked == name);

    let mut all = Vec::new();
    for group in loads::groups().into_iter().filter(|group| asked(group.name)) {
        let sizes: Vec<usize> = if quick && !write {
            quick_sizes(group.sizes)
        } else {
            group.sizes.to_vec()
        };
        let measured = rounds::measure(group, &sizes, patience);
        println!("{}", section(&measured));
        all.push(measured);
    }
    let parallel = asked("parallel").then(|| {
        let table = parallel::measure(if quick { 3 } else { 15 });
        println!("## parallel\n\n{table}");
        table
    });
    if write {
        assert!(names.is_empty(), "the page is about all loads");
        let rounds = if quick { "few rounds (`--quick`)" } else { "all rounds" };
        page::write(&all, &parallel.expect("all loads were asked for"), rounds);
    }
}

/// The smallest one and the largest that is not large.
fn quick_sizes(sizes: &[usize]) -> Vec<usize> {
    let largest = sizes.iter().copied().filter(|n| *n <= 1_000).max();
    let mut sizes: Vec<usize> = sizes.iter().copied().min().into_iter().chain(largest).collect();
    sizes.dedup();
    sizes
}

/// What one load took, as a section of the page.
fn section(measured: &Measured) -> String {
    let Measured { group, sizes, costs } = measured;
    let of_sizes = sizes.iter().map(|n| format!("n = {}", numbers::thousands(*n)));
    let mut table = Table::new(["peer".to_owned()].into_iter().chain(of_sizes));
    for (case, costs) in group.cases.iter().zip(costs) {
        let cells = costs.iter().map(|cost| numbers::cell(cost.as_ref()));
        let peer = if case.peer.starts_with("Purview") {
            format!("**{}**", case.peer)
        } else {
            case.peer.to_owned()
        };
        table.row([peer].into_iter().chain(cells));
    }
    format!(
        "### {}\n\n{} Per {}: median (minimum), and ratio to {}.\n\n{table}",
        group.name, group.what, group.per, group.base
    )
}
