use std::{
    io::{self, Write},
    time::Duration,
};

use purview::{CancelReason, Failure, TaskError};

use crate::{crawl::Page, fetch::FetchError, site};

/// What the crawl has found.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) known: usize,
    pub(crate) pages: Vec<Page>,
    pub(crate) failures: Vec<Failure<FetchError>>,
    pub(crate) stopped: Option<CancelReason>,
    pub(crate) elapsed: Duration,
}

impl Report {
    /// Whether every page of the site is accounted for.
    pub(crate) fn is_complete(&self) -> bool {
        self.stopped.is_none() && self.pages.len() + self.failed().count() == site::PAGES
    }

    /// Pages that were tried to the end; one that the deadline cut is merely unreached.
    fn failed(&self) -> impl Iterator<Item = &Failure<FetchError>> {
        self.failures
            .iter()
            .filter(|failure| !matches!(failure.error, TaskError::Cancelled(_)))
    }

    pub(crate) fn write(&self, out: &mut impl Write, summary: bool) -> io::Result<()> {
        if !summary {
            for page in &self.pages {
                let (took, bytes) = (page.took.as_secs_f64() * 1e3, page.bytes);
                let again = if page.attempts > 1 {
                    format!("  at attempt {}", page.attempts)
                } else {
                    String::new()
                };
                writeln!(out, "{:<12} {bytes:>6} bytes {took:>8.1} ms{again}", page.path)?;
            }
            for failure in self.failed() {
                writeln!(out, "{:<12} {}", failure.task.name(), failure.error)?;
            }
            writeln!(out)?;
        }
        let failed = self.failed().count();
        let bytes: usize = self.pages.iter().map(|page| page.bytes).sum();
        let retried = self.pages.iter().filter(|page| page.attempts > 1).count();
        writeln!(
            out,
            "{} pages fetched ({bytes} bytes, {retried} not at the first attempt), {failed} failed, in {:.2} s",
            self.pages.len(),
            self.elapsed.as_secs_f64(),
        )?;
        if let Some(reason) = &self.stopped {
            writeln!(
                out,
                "stopped: {reason}; {} known pages not reached",
                self.known - self.pages.len() - failed
            )?;
        }
        Ok(())
    }
}
