use std::{fmt::Write, time::Duration};

use super::rows::Row;
use crate::inspect::How;

/// More characters of a name than this are not shown.
const LONGEST_NAME: usize = 32;
/// The bars are never narrower.
const NARROWEST: usize = 10;

/// `total` is how long it all took, and how that is said.
pub(super) fn draw(rows: &[Row], (total, end): (Duration, &str), width: usize, left_out: u64) -> String {
    if rows.is_empty() {
        return "nothing was recorded\n".to_owned();
    }
    let name = |row: &Row| format!("{:indent$}{}", "", row.label, indent = 2 * row.depth);
    let names = rows
        .iter()
        .map(|row| name(row).chars().count())
        .max()
        .unwrap_or(0)
        .min(LONGEST_NAME);
    let outcomes = rows.iter().map(|row| outcome(row).len()).max().unwrap_or(0);
    let columns = width.saturating_sub(names + outcomes + 3).max(NARROWEST);
    let scale = Scale { total, columns };
    let mut text = String::new();
    for row in rows {
        let shown: String = name(row).chars().take(names).collect();
        let bar: String = bar(row, &scale).into_iter().collect();
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{shown:names$} {bar} {}", outcome(row));
    }
    let _ = writeln!(text, "{:names$} 0{:>columns$}", "", end, columns = columns - 1);
    if left_out > 0 {
        let _ = writeln!(text, "{left_out} later polls were not kept");
    }
    text
}

fn outcome(row: &Row) -> &'static str {
    match &row.how {
        Some(How::Returned) => "returned",
        Some(How::Failed) => "failed",
        Some(How::Panicked) => "panicked",
        Some(How::Cancelled(_)) => "cancelled",
        None => "",
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
