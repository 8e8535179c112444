//! Asks many `host:port` targets at once whether they answer, and draws which probe ran when.
//!
//! `cargo run -p purview-examples --bin probe` needs no input: it opens four listeners on loopback and probes those.
//! The heart is [`run::probe_all`]: a scope, daemons that serve and show progress, and a [`gather`](purview::gather()) whose
//! mode is the policy.

mod args;
mod json;
mod latency;
mod loopback;
mod policy;
mod probe;
mod progress;
mod record;
mod report;
mod run;
mod table;
mod targets;
mod timeline;

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::Path,
    process::ExitCode,
};

use clap::Parser;
use purview::inspect::{self, Options, Timeline};
use purview_examples::cli;

use crate::{args::Args, loopback::Loopback, record::Record, report::Report};

/// File descriptors that are not sockets of probes: the standard streams, the executor's, our own listeners.
const OTHER_DESCRIPTORS: u64 = 64;

fn main() -> ExitCode {
    cli::exit(run(&Args::parse()))
}

fn run(args: &Args) -> Result<bool, String> {
    let (targets, bad_lines, listeners) = match &args.targets {
        None => {
            let listeners = Loopback::bind().map_err(|error| format!("cannot listen on loopback: {error}"))?;
            let targets = listeners
                .targets()
                .map_err(|error| format!("cannot listen on loopback: {error}"))?;
            (targets, Vec::new(), Some(listeners))
        }
        Some(file) => {
            let file_name = file.display();
            let bytes = targets::read(file).map_err(|error| {
                format!("cannot read {file_name}: {error}; --targets takes a file of host:port lines, or `-` for stdin")
            })?;
            let (targets, bad_lines) = targets::parse(&bytes);
            for bad in &bad_lines {
                cli::warn(format_args!(
                    "{file_name}:{}: {:?}: {}",
                    bad.number, bad.text, bad.reason
                ));
            }
            if targets.is_empty() {
                return Err(format!("{file_name} names no target; write one host:port on each line"));
            }
            (targets, bad_lines, None)
        }
    };
    raise_descriptor_limit(args, targets.len())?;

    let timeline = timeline::of_targets(Timeline::new(), &targets);
    inspect::enable(Options::new().observer(timeline.clone())).map_err(|error| error.to_string())?;
    let record = Record::new(targets.len());
    args.runtime
        .block_on(run::probe_all(args, &targets, listeners.as_ref(), &record))
        .map_err(|error| format!("the listeners on loopback failed: {error}"))?;

    let (elapsed, runs) = record.into_runs();
    if let Some(file) = &args.svg {
        draw(file, |picture| timeline.write_svg(picture))?;
    }
    if let Some(file) = &args.trace {
        draw(file, |trace| timeline.write_chrome_trace(trace))?;
    }
    let report = Report {
        args,
        targets: &targets,
        bad_lines: &bad_lines,
        elapsed,
        runs,
        timeline,
    };
    cli::print(|out| report.write(out))?;
    Ok(report.is_good())
}

fn draw(file: &Path, write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>) -> Result<(), String> {
    let drawn = File::create(file).and_then(|file| {
        let mut file = BufWriter::new(file);
        write(&mut file)?;
        file.flush()
    });
    drawn.map_err(|error| format!("cannot write {}: {error}", file.display()))
}

/// Every probe under way holds a socket.
fn raise_descriptor_limit(args: &Args, targets: usize) -> Result<(), String> {
    let needed = args.limit.get().min(targets) as u64 + OTHER_DESCRIPTORS;
    match rlimit::increase_nofile_limit(needed) {
        Ok(granted) if granted < needed => Err(format!(
            "--limit {} needs {needed} file descriptors and the system grants {granted}; use --limit {} or less, or raise `ulimit -n`",
            args.limit,
            granted.saturating_sub(OTHER_DESCRIPTORS).max(1),
        )),
        // Not known on this system: a probe that finds no descriptor says so itself.
        _ => Ok(()),
    }
}
