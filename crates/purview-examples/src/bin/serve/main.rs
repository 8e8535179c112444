//! A line-protocol TCP server that shuts down well.
//!
//! `cargo run -p purview-examples --bin serve`, then `nc 127.0.0.1 7070`. One scope owns the server: a daemon flushes the
//! journal, another waits for signals, a finalizer flushes what is left. In it a scope owns the connections, each of
//! which is a scope of its own. [`service`] is where they meet. With `--inspect 127.0.0.1:7071` the live tree of all that is
//! a page there.

mod args;
mod connection;
mod journal;
mod lines;
mod numbers;
mod operator;
mod roster;
mod service;
mod signals;

use std::{net::TcpListener, process::ExitCode};

use async_io::Async;
use clap::Parser;
use purview_examples::cli;

use crate::{args::Args, journal::Journal, operator::Operator, roster::Roster};

/// How many clients may wait to be accepted. The standard library asks for 128; more than that at once, and the rest
/// would try again only a second later.
const BACKLOG: i32 = 4096;

fn main() -> ExitCode {
    cli::exit(run(&Args::parse()))
}

fn run(args: &Args) -> Result<bool, String> {
    let journal = Journal::open(&args.journal).map_err(|error| {
        format!(
            "cannot open {}: {error}; choose another --journal",
            args.journal.display()
        )
    })?;
    let cannot_listen = |error| format!("cannot listen on {}: {error}; choose another --listen", args.listen);
    let listener = Async::<TcpListener>::bind(args.listen).map_err(cannot_listen)?;
    rustix::net::listen(listener.get_ref(), BACKLOG).map_err(|error| cannot_listen(error.into()))?;
    let address = listener.get_ref().local_addr().map_err(cannot_listen)?;
    let signals = signals::listen().map_err(|error| format!("cannot listen for signals: {error}"))?;
    // Every connection is a file descriptor. Where this is refused, `accept` says so in time.
    let _ = rlimit::increase_nofile_limit(u64::MAX);
    cli::say(format_args!("listening on {address}"));
    let operator = match args.inspect {
        Some(at) => {
            let cannot = |error| format!("cannot listen on {at}: {error}; choose another --inspect");
            let operator = Operator::bind(at).map_err(cannot)?;
            let address = operator.address().map_err(cannot)?;
            cli::say(format_args!("inspect at http://{address}/"));
            Some(operator)
        }
        None => None,
    };

    let roster = Roster::default();
    let ended = args.runtime.block_on(service::run(
        args,
        listener,
        &journal,
        &roster,
        signals,
        operator.as_ref(),
    ));

    let partings = roster.take_partings();
    for visit in &partings.finished {
        cli::say(format_args!("finished  {visit}"));
    }
    for visit in &partings.cut {
        cli::say(format_args!("cut       {visit}"));
    }
    if let Err(error) = &ended {
        cli::warn(format_args!("error: the journal is incomplete: {error}"));
    }
    cli::say(format_args!(
        "{} finished, {} cut, {} lines in {}",
        partings.finished.len(),
        partings.cut.len(),
        journal.count(),
        args.journal.display(),
    ));
    Ok(ended.is_ok() && partings.cut.is_empty())
}
