use std::{fmt::Write, time::Duration};

use super::{
    fold::{Line, ran},
    rows::Row,
};
use crate::tree::record::OneLine;

/// More characters of a name than this are not shown.
const LONGEST_NAME: usize = 32;
/// Names are indented no further, so that something of them is shown.
const DEEPEST: usize = 24;
/// The bars are never narrower, nor wider.
const NARROWEST: usize = 10;
const WIDEST: usize = 10_000;

/// From no task to all that ran at the same time.
const HEIGHTS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// `total` is how long it all took, and how that is said.
pub(super) fn draw(lines: &[Line<'_>], (total, end): (Duration, &str), width: usize, left_out: u64) -> String {
    if lines.is_empty() {
        return "nothing was recorded\n".to_owned();
    }
    let name = |line: &Line<'_>| {
        let mut name = " ".repeat((2 * line.depth()).min(DEEPEST));
        // Writing to a string cannot fail.
        let _ = OneLine(&mut name).write_str(&line.label());
        name
    };
    let longest = |of: &dyn Fn(&Line<'_>) -> String| lines.iter().map(|line| of(line).chars().count()).max();
    let names = longest(&name).unwrap_or(0).min(LONGEST_NAME);
    // As many digits as there can be.
    let outcomes = longest(&|line| line.outcome(tasks(line))).unwrap_or(0);
    let columns = width.saturating_sub(names + outcomes + 3).clamp(NARROWEST, WIDEST);
    let scale = Scale { total, columns };
    let mut text = String::new();
    for line in lines {
        let shown: String = name(line).chars().take(names).collect();
        let (bar, most) = match line {
            Line::One(row) => (bar(row, &scale), 1),
            Line::Alike(rows) => heights(rows, &scale),
        };
        let bar: String = bar.into_iter().collect();
        let _ = writeln!(text, "{shown:names$} {bar} {}", line.outcome(most));
    }
    let _ = writeln!(text, "{:names$} 0{:>columns$}", "", end, columns = columns - 1);
    if left_out > 0 {
        let _ = writeln!(text, "{left_out} later polls were not kept");
    }
    text
}

fn tasks(line: &Line<'_>) -> usize {
    match line {
        Line::One(_) => 1,
        Line::Alike(rows) => rows.len(),
    }
}

struct Scale {
    total: Duration,
    columns: usize,
}

impl Scale {
    /// The column that a time falls into.
    fn column(&self, at: Duration) -> usize {
        let total = self.total.as_nanos().max(1);
        let column = at.as_nanos() * self.columns as u128 / total;
        usize::try_from(column).unwrap_or(usize::MAX).min(self.columns - 1)
    }
}

fn bar(row: &Row, scale: &Scale) -> Vec<char> {
    let mut bar = vec![' '; scale.columns];
    let mut fill = |from: Duration, to: Duration, with: char| {
        for cell in &mut bar[scale.column(from)..=scale.column(to.max(from))] {
            *cell = with;
        }
    };
    fill(row.from, row.started.unwrap_or(row.to), '·');
    if let Some(started) = row.started {
        fill(started, row.to, '─');
    }
    for (from, to) in &row.holds {
        fill(*from, *to, '═');
    }
    for (from, to) in &row.polls {
        fill(*from, *to, '█');
    }
    if let Some((at, _)) = row.cut {
        fill(at, at, '╳');
    }
    bar
}

/// How many ran in each column, and the most of these.
fn heights(rows: &[&Row], scale: &Scale) -> (Vec<char>, usize) {
    let mut running = vec![0_usize; scale.columns];
    for (from, to) in rows.iter().filter_map(|row| ran(row)) {
        for column in &mut running[scale.column(from)..=scale.column(to.max(from))] {
            *column += 1;
        }
    }
    let most = running.iter().copied().max().unwrap_or(0);
    let height = |n: &usize| HEIGHTS[(n * (HEIGHTS.len() - 1)).div_ceil(most.max(1))];
    (running.iter().map(height).collect(), most)
}
