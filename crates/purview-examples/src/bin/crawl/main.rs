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

use std::{io, process::ExitCode, time::Instant};

use clap::Parser;
use purview::fail_fast;
use purview_examples::cli;

use crate::{args::Args, crawl::Crawl, report::Report, site::Site};

/// A page under way is a socket of ours and one of the site's.
const OTHER_DESCRIPTORS: u64 = 64;

fn main() -> ExitCode {
    cli::exit(run(&Args::parse()))
}

fn run(args: &Args) -> Result<bool, String> {
    // Where this is refused, a page says that there was no socket for it.
    let _ = rlimit::increase_nofile_limit(
        (args.limit.get() as u64)
            .saturating_mul(2)
            .saturating_add(OTHER_DESCRIPTORS),
    );
    let report = args
        .runtime
        .block_on(crawl_own_site(args))
        .map_err(|error| format!("the site on loopback failed: {error}"))?;
    cli::print(|out| report.write(out, args.summary))?;
    Ok(report.is_complete())
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
    let (failures, stopped) = ended.map_err(|error| {
        error
            .into_failure()
            .unwrap_or_else(|| io::Error::other("it was cancelled"))
    })?;
    let (known, pages) = crawl.into_pages();
    Ok(Report {
        known,
        pages,
        failures,
        stopped,
        elapsed,
    })
}
