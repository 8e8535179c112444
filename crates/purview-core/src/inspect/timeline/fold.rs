use std::time::Duration;

use super::rows::Row;
use crate::inspect::How;

/// What is drawn in one line.
pub(super) enum Line<'a> {
    One(&'a Row),
    /// Tasks of one scope that ended alike.
    Alike(Vec<&'a Row>),
}

impl Line<'_> {
    pub(super) fn depth(&self) -> usize {
        match self {
            Self::One(row) => row.depth,
            Self::Alike(rows) => rows[0].depth,
        }
    }

    pub(super) fn label(&self) -> String {
        match self {
            Self::One(row) => row.label.clone(),
            Self::Alike(rows) => format!("{} tasks", rows.len()),
        }
    }

    pub(super) fn outcome(&self, most: usize) -> String {
        match self {
            Self::One(row) => outcome(row).to_owned(),
            Self::Alike(rows) => format!("{}{}at most {most} at a time", outcome(rows[0]), comma(rows[0])),
        }
    }
}

fn comma(row: &Row) -> &'static str {
    if outcome(row).is_empty() { "" } else { ", " }
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

/// A line for each row, but for those of more than `max` tasks with nothing in them, side by side in one scope: of these one
/// line for each way of ending.
pub(super) fn lines(rows: &[Row], max: usize) -> Vec<Line<'_>> {
    let mut lines = Vec::new();
    let mut at = 0;
    while at < rows.len() {
        let end = at + leaves(&rows[at..]);
        if end - at > max {
            lines.extend(alike(&rows[at..end]).into_iter().map(Line::Alike));
        } else {
            lines.extend(rows[at..end.max(at + 1)].iter().map(Line::One));
        }
        at = end.max(at + 1);
    }
    lines
}

/// How many rows follow each other at one depth, none of them a scope.
fn leaves(rows: &[Row]) -> usize {
    let depth = rows[0].depth;
    let is_leaf = |at: &usize| {
        let row = &rows[*at];
        let has_more_below = rows.get(at + 1).is_some_and(|next| next.depth > depth);
        row.depth == depth && !row.kind.is_scope() && !has_more_below
    };
    (0..rows.len()).take_while(is_leaf).count()
}

fn alike(rows: &[Row]) -> Vec<Vec<&Row>> {
    let mut groups: Vec<Vec<&Row>> = Vec::new();
    for row in rows {
        match groups.iter_mut().find(|group| outcome(group[0]) == outcome(row)) {
            Some(group) => group.push(row),
            None => groups.push(vec![row]),
        }
    }
    groups
}

/// From when to when a task ran: not while it waited for its first poll.
pub(super) fn ran(row: &Row) -> Option<(Duration, Duration)> {
    Some((row.started?, row.to))
}
