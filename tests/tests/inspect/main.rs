//! The live tree of scopes and tasks, what is reported of it, and what observers are told: `purview::inspect`.
#![forbid(unsafe_code)]

mod a_policy_that_panics;
mod anywhere;
mod as_json;
mod bounds;
mod busy_observers;
mod by_the_clock;
mod enabling;
mod endings;
mod lines;
mod locations;
mod names;
mod observers;
mod pictures;
mod reports;
mod the_tree;
mod timelines;
mod traces;
mod what_a_poll_shows;
mod why_it_does_not_shut_down;

use std::{
    future::{Pending, pending},
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Duration,
};

use purview::{
    TaskInfo,
    inspect::{self, How, Inspector, InstalledInspector, Node, Observer, Options, Report, Snapshot},
};
use purview_tests::TestClock;

/// A poll that takes longer is slow, here where the whole process is inspected.
const SLOW: Duration = Duration::from_millis(100);

/// The process is inspected from the first test on that calls this. Gives what was reported, for all tests together: each
/// looks for tasks with names of its own.
fn enabled() -> &'static Reports {
    static REPORTS: OnceLock<Reports> = OnceLock::new();
    REPORTS.get_or_init(|| {
        let reports = Reports::default();
        let options = Options::new()
            .observer(reports.clone())
            .slow_poll(SLOW)
            .not_polled_again(Duration::ZERO)
            .held_up(Duration::ZERO)
            .lost_waker(Duration::ZERO);
        inspect::enable(options).expect("only here");
        reports
    })
}

/// An observer that keeps what is reported, and the names of tasks that ended with how they did.
#[derive(Clone, Default)]
struct Reports(Arc<Mutex<Seen>>);

/// Reports, and how tasks ended, by their names.
type Seen = (Vec<Report>, Vec<(String, How)>);

impl Reports {
    fn lines(&self) -> Vec<String> {
        self.lock().0.iter().map(ToString::to_string).collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Observer for Reports {
    fn reported(&self, report: &Report) {
        self.lock().0.push(report.clone());
    }

    fn ended(&self, task: &TaskInfo, how: &How) {
        self.lock().1.push((task.name().to_owned(), how.clone()));
    }
}

/// Inspects what this thread polls, and nothing else; time is the clock's.
fn inspected(options: Options) -> (Inspector, InstalledInspector, TestClock) {
    let (inspector, clock) = (Inspector::new(options, None, None), TestClock::new());
    // The clock first: the times of the records count from then on.
    let installed = inspector.install(Arc::new(clock.clone()));
    (inspector, installed, clock)
}

/// The node of this name, which must be there.
#[track_caller]
fn node<'a>(tree: &'a Snapshot, name: &str) -> &'a Node {
    tree.find(name)
        .unwrap_or_else(|| panic!("`{name}` is not shown:\n{tree}"))
}

/// A child that never ends.
fn never<E>() -> Pending<Result<(), E>> {
    pending()
}
