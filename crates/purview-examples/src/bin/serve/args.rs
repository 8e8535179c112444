use std::{net::SocketAddr, path::PathBuf, time::Duration};

use clap::Parser;
use purview_examples::cli::{self, Executor};

const PROTOCOL: &str = "\
Protocol: the client sends lines; each is appended to the journal and answered with `ok N`, N counting all lines.
`quit` ends the connection, and so does silence for longer than --idle. The last thing said to a client is `bye`.

SIGTERM or Ctrl-C: no new connections; a line that has begun to arrive is read to its end and answered, within --grace.
A second signal cuts the grace short. The journal is flushed in either case.
SIGUSR1 prints the live scopes and tasks to stderr, with --inspect.

Exit code: 0 when every connection could finish, 1 when one was cut or the journal is incomplete, 2 for bad usage.";

/// Keeps a journal of the lines that clients send over TCP, and shuts down well.
#[derive(Debug, Parser)]
#[command(name = "serve", after_help = PROTOCOL)]
pub(crate) struct Args {
    /// Where to listen; port 0 picks a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:7070", value_parser = cli::address)]
    pub(crate) listen: SocketAddr,

    /// The file that lines are appended to
    #[arg(long, value_name = "FILE", default_value = "serve.journal")]
    pub(crate) journal: PathBuf,

    /// How long connections may take to finish their line when the server stops
    #[arg(long, value_name = "DURATION", default_value = "5s", value_parser = cli::duration)]
    pub(crate) grace: Duration,

    /// How long a connection may be silent
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = cli::duration)]
    pub(crate) idle: Duration,

    /// How often the journal is written to its file
    #[arg(long, value_name = "DURATION", default_value = "200ms", value_parser = cli::duration)]
    pub(crate) flush_every: Duration,

    /// Work on each line for so long before it is answered
    #[arg(long, value_name = "DURATION", value_parser = cli::duration)]
    pub(crate) work: Option<Duration>,

    /// Block the thread for so long on each line: a mistake, to see what --inspect shows of it
    #[arg(long, value_name = "DURATION", value_parser = cli::duration)]
    pub(crate) block: Option<Duration>,

    /// Show operators the live scopes and tasks over HTTP: a page at /, text at /scopes, /scopes.json, /metrics
    #[arg(long, value_name = "ADDRESS", value_parser = cli::address)]
    pub(crate) inspect: Option<SocketAddr>,

    /// The executor to run on
    #[arg(long, value_enum, default_value_t = Executor::Embedded)]
    pub(crate) runtime: Executor,
}
