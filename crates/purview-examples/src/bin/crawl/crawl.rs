use std::{
    collections::HashSet,
    net::SocketAddr,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use futures::future::BoxFuture;
use purview::{CancelReason, Failure, Scope, Settled, settled};

use crate::{
    args::Args,
    fetch::{FetchError, fetch},
    http,
};

/// What is known of the site so far. The children borrow it, so whatever stops them, it is all here.
#[derive(Debug)]
pub(crate) struct Crawl<'a> {
    args: &'a Args,
    site: SocketAddr,
    map: Mutex<Map>,
}

#[derive(Debug, Default)]
struct Map {
    known: HashSet<String>,
    pages: Vec<Page>,
}

/// A page that was fetched.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) path: String,
    pub(crate) bytes: usize,
    pub(crate) attempts: usize,
    pub(crate) took: Duration,
}

impl<'a> Crawl<'a> {
    pub(crate) fn new(args: &'a Args, site: SocketAddr) -> Self {
        Self {
            args,
            site,
            map: Mutex::default(),
        }
    }

    /// Follows every link from `start` on, until all are known or the deadline has come.
    ///
    /// Gives the pages that could not be fetched, each under its own name, and what stopped the crawl, if it was stopped.
    pub(crate) async fn run(&self, start: &str) -> (Vec<Failure<FetchError>>, Option<CancelReason>) {
        let ended = settled()
            .name("crawl")
            .limit(self.args.limit)
            .rate(self.args.rate.max.get(), self.args.rate.period)
            .timeout(self.args.deadline)
            .run(async |s| {
                self.discover(&s, start);
                Ok(())
            })
            .await;
        match ended {
            Ok(settlement) => (settlement.failures, settlement.stopped),
            // The deadline had passed before the first poll, so the body never ran.
            Err(error) => {
                let reason = error.reason().clone();
                (error.into_failures(), Some(reason))
            }
        }
    }

    /// A child for a page that was not known before.
    fn discover<'env>(&'env self, s: &Scope<'env, Settled<FetchError>>, path: &str) {
        if self.map().known.insert(path.to_owned()) {
            let visit = self.visit(s.clone(), path.to_owned());
            drop(s.task().name(path.to_owned()).spawn(visit));
        }
    }

    /// Boxed, because a visit spawns visits.
    fn visit<'env>(
        &'env self,
        s: Scope<'env, Settled<FetchError>>,
        path: String,
    ) -> BoxFuture<'env, Result<(), FetchError>> {
        Box::pin(async move {
            let began = Instant::now();
            let fetched = fetch(self.site, &path, self.args).await?;
            for link in http::links(&fetched.body) {
                self.discover(&s, link);
            }
            let page = Page {
                path,
                bytes: fetched.body.len(),
                attempts: fetched.attempts,
                took: began.elapsed(),
            };
            self.map().pages.push(page);
            Ok(())
        })
    }

    /// How many pages are known, and those that were fetched, in the order of their addresses.
    pub(crate) fn into_pages(self) -> (usize, Vec<Page>) {
        let mut map = self.map.into_inner().unwrap_or_else(PoisonError::into_inner);
        map.pages
            .sort_by(|a, b| (a.path.len(), &a.path).cmp(&(b.path.len(), &b.path)));
        (map.known.len(), map.pages)
    }

    fn map(&self) -> MutexGuard<'_, Map> {
        self.map.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
