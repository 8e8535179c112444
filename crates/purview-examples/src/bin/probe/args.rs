use std::{num::NonZeroUsize, path::PathBuf, time::Duration};

use clap::Parser;
use purview_examples::cli::{self, Executor};

use crate::policy::Policy;

const EXIT_CODES: &str = "\
A target has answered when at least one byte came back. A bad line in FILE counts as a target that did not answer.

Exit code: 0 when all answered (with first-success: when one did), 1 when some did not, 2 for bad usage.
Without --targets it is 0 when each of the four listeners did what it is there to show.";

/// Asks many host:port targets at once whether they answer.
#[derive(Debug, Parser)]
#[command(name = "probe", after_help = EXIT_CODES)]
pub(crate) struct Args {
    /// One host:port per line, `#` starts a comment, `-` is stdin; without it: four listeners of its own on loopback
    #[arg(long, value_name = "FILE")]
    pub(crate) targets: Option<PathBuf>,

    /// What one target's outcome means for the others
    #[arg(long, value_enum, default_value_t = Policy::Settled)]
    pub(crate) policy: Policy,

    /// How long one target may take to answer
    #[arg(long, value_name = "DURATION", default_value = "2s", value_parser = cli::duration)]
    pub(crate) timeout: Duration,

    /// How many targets are probed at the same time
    #[arg(long, value_name = "N", default_value = "64", value_parser = cli::limit)]
    pub(crate) limit: NonZeroUsize,

    /// The executor to run on
    #[arg(long, value_enum, default_value_t = Executor::Embedded)]
    pub(crate) runtime: Executor,

    /// Draw all that ran in this file, too
    #[arg(long, value_name = "FILE")]
    pub(crate) svg: Option<PathBuf>,

    /// Write a trace of all that ran for Perfetto or about:tracing
    #[arg(long, value_name = "FILE")]
    pub(crate) trace: Option<PathBuf>,

    /// Print JSON instead of the table and the timeline
    #[arg(long)]
    pub(crate) json: bool,
}
