use std::{num::NonZeroUsize, time::Duration};

use clap::Parser;
use purview_examples::cli::{self, Executor};

use crate::rate::Rate;

const EXIT_CODES: &str = "\
Exit code: 0 when every page of the site was fetched or found to be broken for good, 1 when the deadline came first,
2 for bad usage. The pages that were fetched are printed in either case.";

/// Opens a site of 2,000 linked pages on loopback and crawls it.
#[derive(Debug, Parser)]
#[command(name = "crawl", after_help = EXIT_CODES)]
pub(crate) struct Args {
    /// How many pages are fetched at the same time
    #[arg(long, value_name = "N", default_value = "64", value_parser = cli::limit)]
    pub(crate) limit: NonZeroUsize,

    /// How many pages may be started in any period
    #[arg(long, value_name = "N/PERIOD", default_value = "1000/1s")]
    pub(crate) rate: Rate,

    /// How often a page that failed for the moment is asked for again
    #[arg(long, value_name = "N", default_value_t = 4)]
    pub(crate) retries: usize,

    /// How long one page may take, retries included
    #[arg(long, value_name = "DURATION", default_value = "2s", value_parser = cli::duration)]
    pub(crate) page_timeout: Duration,

    /// How long the crawl may take
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = cli::duration)]
    pub(crate) deadline: Duration,

    /// Print the report without the list of pages
    #[arg(long)]
    pub(crate) summary: bool,

    /// The executor to run on
    #[arg(long, value_enum, default_value_t = Executor::Embedded)]
    pub(crate) runtime: Executor,
}
