//! The trace event format: one track for each task, with what it did inside of each other.

use std::{
    fmt::Write as _,
    io::{self, Write},
    time::Duration,
};

use super::rows::Row;

pub(super) fn write(rows: &[Row], w: &mut impl Write) -> io::Result<()> {
    let mut events = Events { w, first: true };
    events.w.write_all(b"{\"traceEvents\":[")?;
    for (index, row) in rows.iter().enumerate() {
        // Track 0 is the process's own. The holds of a task have one of their own: a hold that begins in one poll and ends in
        // another would cross both, and what crosses something else of its track is not shown.
        let (track, holds) = (2 * index + 1, 2 * index + 2);
        let indent = " ".repeat((2 * row.depth).min(DEEPEST));
        events.name(track, &format!("{indent}{}", row.label))?;
        events.span(track, &row.label, row.kind.as_str(), row.from, row.to, &arguments(row))?;
        if let Some(started) = row.started.filter(|started| *started > row.from) {
            events.span(track, "queued", "queued", row.from, started, "")?;
        }
        // The first poll may seem to begin a little before the task was said to start.
        let mut free = row.started.unwrap_or(row.from);
        for (from, to) in &row.polls {
            events.span(track, "poll", "poll", (*from).max(free), *to, "")?;
            free = *to;
        }
        if let Some((at, reason)) = &row.cut {
            let reason = format!("{{\"reason\":{}}}", quoted(&reason.to_string()));
            events.instant(track, "told to stop", *at, &reason)?;
        }
        if !row.holds.is_empty() {
            events.name(holds, &format!("{indent}{} (holds)", row.label))?;
        }
        for (from, to) in united(&row.holds) {
            events.span(holds, "holds", "hold", from, to, "")?;
        }
    }
    events.w.write_all(b"\n],\"displayTimeUnit\":\"ns\"}\n")
}

/// Names are indented no further.
const DEEPEST: usize = 64;

/// Holds of several kinds, as one where they overlap.
fn united(holds: &[(Duration, Duration)]) -> Vec<(Duration, Duration)> {
    let mut holds = holds.to_vec();
    holds.sort();
    let mut united: Vec<(Duration, Duration)> = Vec::new();
    for (from, to) in holds {
        match united.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            _ => united.push((from, to)),
        }
    }
    united
}

struct Events<'a, W> {
    w: &'a mut W,
    first: bool,
}

impl<W: Write> Events<'_, W> {
    fn begin(&mut self) -> io::Result<()> {
        let separator: &[u8] = if self.first { b"\n" } else { b",\n" };
        self.first = false;
        self.w.write_all(separator)
    }

    fn name(&mut self, track: usize, name: &str) -> io::Result<()> {
        let name = quoted(name);
        self.begin()?;
        write!(
            self.w,
            "{{\"ph\":\"M\",\"pid\":1,\"tid\":{track},\"name\":\"thread_name\",\"args\":{{\"name\":{name}}}}}"
        )?;
        self.begin()?;
        write!(
            self.w,
            "{{\"ph\":\"M\",\"pid\":1,\"tid\":{track},\"name\":\"thread_sort_index\",\"args\":{{\"sort_index\":{track}}}}}"
        )
    }

    fn span(
        &mut self,
        track: usize,
        name: &str,
        category: &str,
        from: Duration,
        to: Duration,
        arguments: &str,
    ) -> io::Result<()> {
        let (name, at, took) = (quoted(name), micros(from), micros(to.saturating_sub(from)));
        let arguments = if arguments.is_empty() { "{}" } else { arguments };
        self.begin()?;
        write!(
            self.w,
            "{{\"ph\":\"X\",\"pid\":1,\"tid\":{track},\"cat\":\"{category}\",\"name\":{name},\"ts\":{at},\"dur\":{took},\"args\":{arguments}}}"
        )
    }

    fn instant(&mut self, track: usize, name: &str, at: Duration, arguments: &str) -> io::Result<()> {
        let (name, at) = (quoted(name), micros(at));
        self.begin()?;
        write!(
            self.w,
            "{{\"ph\":\"i\",\"pid\":1,\"tid\":{track},\"s\":\"t\",\"name\":{name},\"ts\":{at},\"args\":{arguments}}}"
        )
    }
}

fn arguments(row: &Row) -> String {
    let kind = format!("\"kind\":\"{}\"", row.kind);
    let location = row
        .location
        .as_ref()
        .map(|location| format!("\"location\":{}", quoted(location)));
    let ended = row
        .how
        .as_ref()
        .map(|how| format!("\"ended\":{}", quoted(&how.to_string())));
    let all: Vec<String> = [Some(kind), location, ended].into_iter().flatten().collect();
    format!("{{{}}}", all.join(","))
}

/// With the nanoseconds as a fraction.
fn micros(time: Duration) -> String {
    format!("{}.{:03}", time.as_micros(), time.subsec_nanos() % 1000)
}

fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => {
                quoted.push('\\');
                quoted.push(c);
            }
            c if c.is_control() => {
                // Writing to a string cannot fail.
                let _ = write!(quoted, "\\u{:04x}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted + "\""
}
