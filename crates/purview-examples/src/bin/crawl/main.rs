//! Crawls a site of 2,000 linked pages, some of them slow, failing or going in circles.
//!
//! `cargo run -p purview-examples --bin crawl` needs nothing else: the site is on loopback. [`crawl::Crawl`] is the heart:
//! one scope with a limit, a rate and a deadline, in which every page is a child that spawns a child for each link it
//! finds. What was fetched is borrowed by them all, so that a crawl cut short keeps its pages.

mod args;
mod crawl;
mod fetch;
mod http;
mod rate;
mod report;
mod site;

use std::{
    io::{self, BufWriter},
    process::ExitCode,
    time::Instant,
};

use clap::Parser;
use purview::fail_fast;
use purview_examples::cli;

use crate::{args::Args, crawl::Crawl, report::Report, site::Site};

/// A page under way is a socket of ours and one of the site's.
const OTHER_DESCRIPTORS: u64 = 64;

fn main() -> ExitCode {
    let args = Args::parse();
    // Where this is refused, a page says that there was no socket for it.
    let _ = rlimit::increase_nofile_limit(
        (args.limit.get() as u64)
            .saturating_mul(2)
            .saturating_add(OTHER_DESCRIPTORS),
    );
    let report = match args.runtime.block_on(crawl_own_site(&args)) {
        Ok(report) => report,
        Err(error) => {
            cli::warn(format_args!("error: the site on loopback failed: {error}"));
            return ExitCode::from(1);
        }
    };
    match report.write(&mut BufWriter::new(io::stdout().lock()), args.summary) {
        // The reader of our output (`| head`) has seen enough.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            cli::warn(format_args!("error: cannot write the report: {error}"));
            ExitCode::from(1)
        }
        _ if report.is_complete() => ExitCode::SUCCESS,
        _ => ExitCode::from(1),
    }
}

async fn crawl_own_site(args: &Args) -> io::Result<Report> {
    let site = Site::open()?;
    let crawl = Crawl::new(args, site.address()?);
    let began = Instant::now();
    let ended = fail_fast()
        .name("crawl of our own site")
        .runtime(args.runtime.runtime())
        .run(async |s| {
            drop(s.task().name("site").daemon().spawn(site.serve(s.clone())));
            Ok(crawl.run("/page/0").await)
        })
        .await;
    let elapsed = began.elapsed();
    let settlement = ended.map_err(|error| {
        error
            .into_failure()
            .unwrap_or_else(|| io::Error::other("it was cancelled"))
    })?;
    let (known, pages) = crawl.into_pages();
    Ok(Report {
        known,
        pages,
        failures: settlement.failures,
        stopped: settlement.stopped,
        elapsed,
    })
}
