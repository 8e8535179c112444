//! Work on another thread that goes on until the test lets it end.

use std::{
    sync::mpsc::{self, Receiver, Sender},
    thread,
};

use purview::{Builder, FailFast, JoinAll, Scope, fail_fast, scope};
use purview_tests::HandExecutor;

/// A scope that has that executor.
pub(crate) fn on(executor: &HandExecutor) -> Builder<FailFast<&'static str>> {
    fail_fast().runtime(executor.clone())
}

/// Work on another thread, in one of two shapes, that goes on until the test lets it end.
pub(crate) struct Work {
    says: Sender<()>,
    goes: Receiver<()>,
    parallel: bool,
}

/// The test's end of it.
pub(crate) struct Control {
    entered: Receiver<()>,
    lets: Sender<()>,
    parallel: bool,
}

pub(crate) fn work(parallel: bool) -> (Work, Control) {
    let ((says, entered), (lets, goes)) = (mpsc::channel(), mpsc::channel());
    (
        Work { says, goes, parallel },
        Control {
            entered,
            lets,
            parallel,
        },
    )
}

impl Work {
    pub(crate) fn spawn_in(self, s: &Scope<'_, JoinAll>) {
        let Self { says, goes, parallel } = self;
        let run = move || {
            says.send(()).expect("the test waits for it");
            // An error is a test that has failed already.
            let _ = goes.recv();
        };
        if parallel {
            s.spawn_parallel(async move { run() });
        } else {
            s.spawn_blocking(move |_| run());
        }
    }

    /// A scope that has this work.
    pub(crate) async fn in_a_scope(self) {
        scope(async |s| self.spawn_in(&s)).await;
    }
}

impl Control {
    /// Has a thread of the executor run the work, does `then` while it runs, and lets it end.
    pub(crate) fn while_it_runs<R>(&self, executor: &HandExecutor, then: impl FnOnce() -> R) -> R {
        let (elsewhere, parallel) = (executor.clone(), self.parallel);
        let thread = thread::spawn(move || {
            if parallel {
                elsewhere.run_one();
            } else {
                elsewhere.run_closure();
            }
        });
        self.entered.recv().expect("it begins");
        let done = then();
        self.lets.send(()).expect("it waits");
        thread.join().expect("the executor's thread does not panic");
        done
    }
}
