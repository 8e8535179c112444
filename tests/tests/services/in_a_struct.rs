//! A service keeps its scope in a field and its requests in the scope: no hand-kept set of background tasks.

use std::{io, time::Duration};

use purview::{FailFast, Report, Scope, ScopeError, cancelled, fail_fast};
use purview_tests::{Log, on_every_runtime, yields};

struct Mailer {
    scope: Scope<'static, FailFast<io::Error>>,
    log: Log,
}

impl Mailer {
    fn start(
        log: &Log,
    ) -> (
        Self,
        impl Future<Output = Result<(), ScopeError<io::Error>>> + Send + use<>,
    ) {
        let (scope, driver) = fail_fast().name("mailer").grace(Duration::from_secs(1)).open();
        (
            Self {
                scope,
                log: log.clone(),
            },
            driver,
        )
    }

    fn send(&self, letter: &'static str) {
        let log = self.log.clone();
        drop(self.scope.spawn(async move {
            yields(2).await;
            log.note(letter);
            Ok(())
        }));
    }

    fn keep_alive(&self) {
        let log = self.log.clone();
        drop(self.scope.task().daemon().spawn(async move {
            cancelled().await;
            log.note("said good-bye");
            Ok(())
        }));
    }

    async fn stop(self) -> Report {
        self.scope.shutdown(Duration::from_secs(60)).await
    }
}

async fn it_sends_everything_before_it_stops() {
    let log = Log::new();
    let (mailer, driver) = Mailer::start(&log);
    let used = async {
        mailer.keep_alive();
        mailer.send("a");
        mailer.send("b");
        yields(1).await;
        mailer.stop().await
    };
    let (out, report) = futures::future::join(driver, used).await;
    assert!(out.is_ok());
    assert_eq!(report.finished.len(), 3);
    let mut entries = log.entries();
    entries.sort();
    assert_eq!(entries, ["a", "b", "said good-bye"]);
}

async fn dropping_it_ends_the_driver_when_the_last_letter_is_sent() {
    let log = Log::new();
    let (mailer, driver) = Mailer::start(&log);
    mailer.send("a");
    mailer.keep_alive();
    drop(mailer);
    assert!(driver.await.is_ok());
    assert_eq!(log.entries(), ["a", "said good-bye"]);
}

on_every_runtime!(
    it_sends_everything_before_it_stops,
    dropping_it_ends_the_driver_when_the_last_letter_is_sent,
);
