use std::io::{self, Write};

use purview::inspect::Timeline;

use crate::{table, targets::Target};

const WIDTH: usize = 100;
/// With more targets than this, a row is no longer one target but all those that ended alike.
const ROWS: usize = 40;
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

/// Draws which probe ran when, which returned and which was cancelled.
pub(crate) fn write(out: &mut impl Write, timeline: &Timeline) -> io::Result<()> {
    let drawn = timeline.clone().within(GATHER).max_rows(ROWS);
    write!(out, "\n{}", drawn.to_text(WIDTH))
}
