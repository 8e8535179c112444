//! The picture: one row for each scope and task, time from left to right.

use std::{fmt::Write, time::Duration};

use super::rows::Row;
use crate::{inspect::How, tree::record::Short};

const WIDTH: f64 = 1000.0;
/// The column of the names is as wide as the longest of them, between these.
const NAMES: (f64, f64) = (110.0, 320.0);
const CHARACTER: f64 = 7.4;
const RIGHT: f64 = 90.0;
const ROW: f64 = 20.0;
const TOP: f64 = 54.0;
/// More rows than these are counted.
const MOST_ROWS: usize = 500;
/// A row has no more parts than this: polls that follow each other closely are one.
const LEAST_GAP: f64 = 0.5;

const STYLE: &str = "text{font:12px ui-monospace,Menlo,Consolas,monospace;fill:#24292f}.d{fill:#57606a}\
.bg{fill:#fff}.g{stroke:#d0d7de;stroke-width:1}.q{fill:#d8dee4}.a{fill:#b6d4fb}.p{fill:#0969da}.h{fill:#f0b429}\
.s{fill:#dfe8f3}.r{fill:#1a7f37}.f{fill:#cf222e}.c{fill:#8c959f}.x{stroke:#cf222e;stroke-width:1.5;stroke-dasharray:3 2}";

/// The legend: a class, and what it is of.
const LEGEND: [(&str, &str); 5] = [
    ("q", "waits for its turn"),
    ("a", "alive"),
    ("p", "polled"),
    ("h", "holds"),
    ("s", "scope"),
];

pub(super) fn draw(rows: &[Row], total: Duration, left_out: u64) -> String {
    let shown = &rows[..rows.len().min(MOST_ROWS)];
    #[expect(clippy::cast_precision_loss, reason = "it is at most MOST_ROWS")]
    let bottom = TOP + ROW * shown.len() as f64;
    let height = bottom + 26.0;
    let mut svg = String::new();
    // Writing to a string cannot fail.
    let _ = write!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\" \
         role=\"img\" aria-label=\"Timeline of scopes and tasks\">\n<style>{STYLE}</style>\n\
         <rect class=\"bg\" width=\"{WIDTH}\" height=\"{height}\" rx=\"6\"/>\n"
    );
    let scale = Scale {
        total,
        names: names(shown),
    };
    legend(&mut svg, &scale);
    axis(&mut svg, &scale, bottom);
    let mut y = TOP;
    for row in shown {
        draw_row(&mut svg, &scale, row, y);
        y += ROW;
    }
    let more = rows.len() - shown.len();
    let notes = [
        (more, "more rows"),
        (usize::try_from(left_out).unwrap_or(usize::MAX), "later polls"),
    ];
    let notes: Vec<String> = notes
        .iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, what)| format!("{n} {what} are not shown"))
        .collect();
    if !notes.is_empty() {
        let _ = writeln!(
            svg,
            "<text class=\"d\" x=\"10\" y=\"{}\">{}</text>",
            bottom + 18.0,
            notes.join(", ")
        );
    }
    svg + "</svg>\n"
}

struct Scale {
    total: Duration,
    /// How wide the names are.
    names: f64,
}

fn indent(row: &Row) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "it is cut off long before")]
    let depth = row.depth as f64;
    10.0 + (12.0 * depth).min(NAMES.0 / 2.0)
}

fn names(rows: &[Row]) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "it is cut off long before")]
    let width = |row: &Row| indent(row) + CHARACTER * (row.label.chars().count() + 1) as f64;
    rows.iter().map(width).fold(0.0, f64::max).clamp(NAMES.0, NAMES.1)
}

impl Scale {
    fn x(&self, at: Duration) -> f64 {
        let part = at.as_secs_f64() / self.total.as_secs_f64().max(1e-9);
        self.names + part.clamp(0.0, 1.0) * (WIDTH - self.names - RIGHT)
    }
}

fn legend(svg: &mut String, scale: &Scale) {
    let mut x = scale.names;
    for (class, what) in LEGEND {
        #[expect(clippy::cast_precision_loss, reason = "a few characters")]
        let width = 26.0 + CHARACTER * what.len() as f64;
        let _ = writeln!(
            svg,
            "<rect class=\"{class}\" x=\"{x:.0}\" y=\"10\" width=\"12\" height=\"12\" rx=\"2\"/><text class=\"d\" x=\"{:.0}\" y=\"20\">{what}</text>",
            x + 17.0
        );
        x += width;
    }
}

fn axis(svg: &mut String, scale: &Scale, bottom: f64) {
    for tick in 0..=4u32 {
        let at = scale.total * tick / 4;
        let (x, anchor) = (scale.x(at), if tick == 4 { "end" } else { "middle" });
        let text = if tick == 0 {
            "0".to_owned()
        } else {
            Short(at).to_string()
        };
        let _ = writeln!(
            svg,
            "<line class=\"g\" x1=\"{x:.1}\" y1=\"{:.0}\" x2=\"{x:.1}\" y2=\"{bottom:.0}\"/><text class=\"d\" x=\"{x:.1}\" y=\"{:.0}\" text-anchor=\"{anchor}\">{text}</text>",
            TOP - 6.0,
            TOP - 12.0
        );
    }
}

fn draw_row(svg: &mut String, scale: &Scale, row: &Row, y: f64) {
    let indent = indent(row);
    let room = (scale.names - indent) / CHARACTER;
    let mut title = format!("{} {}", row.kind, row.label);
    if let Some(location) = &row.location {
        title = format!("{title} ({location})");
    }
    let _ = writeln!(
        svg,
        "<g><title>{}</title><text x=\"{indent:.0}\" y=\"{:.1}\">{}</text>",
        escaped(&title),
        y + 13.0,
        escaped(&shortened(&row.label, room))
    );
    let mut block = |class: &str, from: Duration, to: Duration, inset: f64| {
        let (x, to) = (scale.x(from), scale.x(to));
        let _ = write!(
            svg,
            "<rect class=\"{class}\" x=\"{x:.2}\" y=\"{:.1}\" width=\"{:.2}\" height=\"{:.1}\"/>",
            y + 3.0 + inset,
            (to - x).max(0.8),
            ROW - 6.0 - 2.0 * inset
        );
    };
    let alive = if row.kind.is_scope() { "s" } else { "a" };
    block("q", row.from, row.started.unwrap_or(row.to), 3.0);
    if let Some(started) = row.started {
        block(alive, started, row.to, 3.0);
    }
    for (from, to) in &row.holds {
        block("h", *from, *to, 3.0);
    }
    for (from, to) in merged(&row.polls, scale) {
        block("p", from, to, 0.0);
    }
    if let Some((at, reason)) = &row.cut {
        let x = scale.x(*at);
        let _ = write!(
            svg,
            "<line class=\"x\" x1=\"{x:.1}\" y1=\"{y:.1}\" x2=\"{x:.1}\" y2=\"{:.1}\"><title>told to stop: {}</title></line>",
            y + ROW,
            escaped(&reason.to_string())
        );
    }
    if let Some((class, word)) = outcome(row) {
        let _ = write!(
            svg,
            "<text class=\"{class}\" x=\"{:.1}\" y=\"{:.1}\">{word}</text>",
            WIDTH - RIGHT + 8.0,
            y + 13.0
        );
    }
    svg.push_str("</g>\n");
}

fn outcome(row: &Row) -> Option<(&'static str, &'static str)> {
    Some(match row.how.as_ref()? {
        How::Returned => ("r", "returned"),
        How::Failed => ("f", "failed"),
        How::Panicked => ("f", "panicked"),
        How::Cancelled(_) => ("c", "cancelled"),
    })
}

/// Polls that are drawn as one where there is no room between them.
fn merged(polls: &[(Duration, Duration)], scale: &Scale) -> Vec<(Duration, Duration)> {
    let mut merged: Vec<(Duration, Duration)> = Vec::new();
    for (from, to) in polls {
        match merged.last_mut() {
            Some(last) if scale.x(*from) - scale.x(last.1) < LEAST_GAP => last.1 = (*to).max(last.1),
            _ => merged.push((*from, *to)),
        }
    }
    merged
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a few characters"
)]
fn shortened(name: &str, room: f64) -> String {
    let room = room as usize;
    if name.chars().count() <= room {
        return name.to_owned();
    }
    name.chars().take(room.saturating_sub(1)).chain(['…']).collect()
}

/// What XML has no way to say is replaced.
fn escaped(text: &str) -> String {
    let is_forbidden = |c: char| c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}');
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace(is_forbidden, "\u{fffd}")
}
