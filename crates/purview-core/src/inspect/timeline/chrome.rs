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
        // Track 0 is the process's own.
        let track = index + 1;
        events.name(track, row)?;
        events.span(track, &row.label, row.kind.as_str(), row.from, row.to, &arguments(row))?;
        if let Some(started) = row.started.filter(|started| *started > row.from) {
            events.span(track, "queued", "queued", row.from, started, "")?;
        }
        for (from, to) in &row.holds {
            events.span(track, "holds", "hold", *from, *to, "")?;
        }
        for (from, to) in &row.polls {
            events.span(track, "poll", "poll", *from, *to, "")?;
        }
        if let Some((at, reason)) = &row.cut {
            let reason = format!("{{\"reason\":{}}}", quoted(&reason.to_string()));
            events.instant(track, "told to stop", *at, &reason)?;
        }
    }
    events.w.write_all(b"\n],\"displayTimeUnit\":\"ns\"}\n")
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

    fn name(&mut self, track: usize, row: &Row) -> io::Result<()> {
        let name = quoted(&format!("{:indent$}{}", "", row.label, indent = 2 * row.depth));
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
