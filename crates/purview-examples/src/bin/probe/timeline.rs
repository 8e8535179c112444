use std::{
    io::{self, Write},
    time::Duration,
};

use purview::inspect::Timeline;

use crate::{latency::latency, record::Run, table, targets::Target};

const WIDTH: usize = 100;
const COLUMNS: usize = 60;
/// With more targets than this, a row is no longer one target but all those that ended alike.
const ROWS: usize = 40;
/// From none to all that ran at the same time.
const DENSITY: &[u8] = b" .:-=+*#%@";
/// The name of the gather, whose futures are the probes.
pub(crate) const GATHER: &str = "targets";

/// Calls each probe by its target.
pub(crate) fn of_targets(timeline: Timeline, targets: &[Target]) -> Timeline {
    let names: Vec<String> = targets.iter().map(table::name).collect();
    timeline.labelled(move |task| {
        let index = task.name().strip_prefix(GATHER)?.strip_prefix('/')?;
        names.get(index.parse::<usize>().ok()?).cloned()
    })
}

/// Draws which probe ran when, which answered and which was cancelled.
pub(crate) fn write(
    out: &mut impl Write,
    timeline: &Timeline,
    targets: &[Target],
    runs: &[Run],
    total: Duration,
) -> io::Result<()> {
    if targets.len() <= ROWS {
        return write!(out, "\n{}", timeline.clone().within(GATHER).to_text(WIDTH));
    }
    let scale = Scale { total };
    writeln!(out, "\n0 {:->COLUMNS$} {}", ">", latency(total))?;
    let mut peak = 0;
    for name in ["answered", "refused", "timed out", "failed", "cancelled"] {
        let alike: Vec<&Run> = runs.iter().filter(|run| run.outcome.name() == name).collect();
        if !alike.is_empty() {
            let running = running_per_column(&scale, &alike);
            let most = running.iter().copied().max().unwrap_or(0);
            peak = peak.max(most);
            writeln!(
                out,
                "  {} {} {name}, at most {most} at a time",
                shades(&running, most),
                alike.len()
            )?;
        }
    }
    writeln!(
        out,
        "  how many ran at each moment, from none to the most: {:?}",
        String::from_utf8_lossy(DENSITY)
    )
}

struct Scale {
    total: Duration,
}

impl Scale {
    /// The column that `at` falls into.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 0 and COLUMNS - 1"
    )]
    #[expect(clippy::cast_precision_loss, reason = "COLUMNS is small")]
    fn column(&self, at: Duration) -> usize {
        let part = at.as_secs_f64() / self.total.as_secs_f64().max(f64::MIN_POSITIVE);
        ((part * COLUMNS as f64) as usize).min(COLUMNS - 1)
    }
}

/// How many of `runs` were under way in each column.
fn running_per_column(scale: &Scale, runs: &[&Run]) -> Vec<usize> {
    let mut running = vec![0; COLUMNS];
    for (started, ended) in runs.iter().filter_map(|run| run.span) {
        for column in &mut running[scale.column(started)..=scale.column(ended)] {
            *column += 1;
        }
    }
    running
}

fn shades(running: &[usize], most: usize) -> String {
    let shade = |n: usize| {
        if n == 0 {
            0
        } else {
            1 + (n * (DENSITY.len() - 2)) / most
        }
    };
    running.iter().map(|n| char::from(DENSITY[shade(*n)])).collect()
}
