//! What observers are told, in which order, and what becomes of one that panics.

use std::{
    future::pending,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use purview::{
    CancelReason, TaskInfo, checkpoint, fail_fast, gather,
    inspect::{Held, How, Observer, Options, Report, ScopeInfo, Spawned},
    settled, shield,
};
use purview_tests::{by_hand, yield_now};

use crate::{inspected, never};

#[derive(Clone, Default)]
struct Events(Arc<Mutex<Vec<String>>>);

impl Events {
    fn note(&self, event: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(event);
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn name(scope: &ScopeInfo) -> &str {
    scope.name.as_deref().unwrap_or("-")
}

impl Observer for Events {
    fn opened(&self, scope: &ScopeInfo, by: Option<&TaskInfo>) {
        self.note(format!("{} opened by {}", name(scope), by.map_or("-", TaskInfo::name)));
    }

    fn closed(&self, scope: &ScopeInfo) {
        self.note(format!("{} closed", name(scope)));
    }

    fn spawned(&self, task: &Spawned<'_>) {
        self.note(format!(
            "{} {} spawned in {}",
            task.kind,
            task.task.name(),
            name(task.scope)
        ));
    }

    fn started(&self, task: &TaskInfo, _: Duration) {
        self.note(format!("{} started", task.name()));
    }

    fn polled(&self, task: &TaskInfo, _: Duration) {
        self.note(format!("{} polled", task.name()));
    }

    fn ended(&self, task: &TaskInfo, how: &How) {
        self.note(format!("{} {how}", task.name()));
    }

    fn cut(&self, scope: &ScopeInfo, reason: &CancelReason) {
        self.note(format!("{} cut: {reason}", name(scope)));
    }

    fn held(&self, task: &TaskInfo, why: Held) {
        self.note(format!("{} held by {why:?}", task.name()));
    }

    fn let_go(&self, task: &TaskInfo, why: Held) {
        self.note(format!("{} released {why:?}", task.name()));
    }

    fn reported(&self, report: &Report) {
        self.note(report.to_string());
    }
}

#[test]
fn a_future_of_a_gather_that_gives_an_error_has_failed() {
    let events = Events::default();
    let (_inspector, _installed, _) = inspected(Options::new().observer(events.clone()));
    let error = || async { Err::<(), _>("broken") };
    let all = gather([error()]).settled();
    let mixed = purview::gather!(error(), async { Ok::<_, &str>(7) }).settled();
    by_hand(async { drop((all.await, mixed.await)) }).finish();
    let told = events.take();
    let how = told.iter().filter_map(|event| event.rsplit_once(' '));
    let failed = how.clone().filter(|(_, how)| *how == "failed").count();
    let returned = how.filter(|(_, how)| *how == "returned").count();
    assert_eq!((failed, returned), (2, 1), "{told:#?}");
}

/// Prints what an observer is told of scopes that end: a kind, a name where there is one, and a place.
#[test]
fn a_scope_says_what_it_is_and_where_it_was_opened() {
    #[derive(Clone, Default)]
    struct Printed(Events);
    impl Observer for Printed {
        fn closed(&self, scope: &ScopeInfo) {
            self.0.note(scope.to_string());
        }
    }
    let printed = Printed::default();
    let (_inspector, _installed, _) = inspected(Options::new().observer(printed.clone()));
    assert!(
        by_hand(fail_fast::<()>().name("import\n1").run(async |_| Ok(())))
            .finish()
            .is_ok()
    );
    assert!(by_hand(gather([async { Ok::<_, ()>(()) }])).finish().is_ok());
    let said = printed.0.take();
    let here = file!();
    assert!(said[0].starts_with(&format!(r"scope `import\n1` ({here}:")), "{said:?}");
    assert!(said[1].starts_with(&format!("gather ({here}:")), "{said:?}");
}

#[test]
fn everything_is_told_in_order() {
    let events = Events::default();
    let (_inspector, _installed, _) = inspected(Options::new().observer(events.clone()));
    let run = fail_fast::<&str>().name("s").run(async |s| {
        s.task().name("a").spawn(async {
            shield(yield_now()).await;
            Err::<(), _>("broken")
        });
        s.task().name("b").spawn(never());
        checkpoint().await;
        never().await
    });
    assert!(by_hand(run).finish().is_err());
    let told = events.take();
    assert_eq!(
        told,
        [
            "s opened by -",
            "body s spawned in s",
            "s started",
            "child a spawned in s",
            "child b spawned in s",
            "s polled",
            "a started",
            "a held by Shield",
            "a polled",
            "b started",
            "b polled",
            "s polled",
            "a released Shield",
            "a polled",
            "a failed",
            "s cut: a task failed",
            "s cancelled: a task failed",
            "b cancelled: a task failed",
            "s closed",
        ],
        "{told:#?}"
    );
}

#[test]
fn a_task_ends_once_however_it_ends() {
    let events = Events::default();
    let (_inspector, _installed, _) = inspected(Options::new().observer(events.clone()));
    let (service, driver) = settled::<&str>().name("s").open();
    let mut driver = by_hand(driver);
    service.task().name("returns").spawn(async { Ok(()) });
    service.task().name("fails").spawn(async { Err::<(), _>("no") });
    service
        .task()
        .name("panics")
        .spawn(async { panic!("on purpose") as Result<(), &str> });
    let alone = service.task().name("alone").spawn(pending::<Result<(), _>>());
    let guest = service.task().name("guest").enter(async { Ok(()) });
    assert!(driver.poll_until_idle().is_pending());
    alone.cancel();
    drop(guest);
    assert!(driver.poll_until_idle().is_pending());
    service.close();
    service.task().name("refused").spawn(async { Ok(()) });
    driver.finish().ok();
    let told = events.take();
    for task in ["returns", "fails", "panics", "alone", "guest", "refused"] {
        let of = |what: &str| {
            told.iter()
                .filter(|event| event.starts_with(&format!("{task} {what}")))
                .count()
        };
        let ends = of("returned") + of("failed") + of("panicked") + of("cancelled");
        assert_eq!(ends, 1, "{task}: {told:#?}");
        let spawned = told.iter().filter(|event| event.contains(&format!(" {task} spawned")));
        assert_eq!(spawned.count(), 1, "{task}: {told:#?}");
    }
    for end in ["returns returned", "fails failed", "panics panicked"] {
        assert!(told.iter().any(|event| event == end), "{end}: {told:#?}");
    }
}

struct Panics;

impl Observer for Panics {
    fn spawned(&self, _: &Spawned<'_>) {
        panic!("an observer's own");
    }

    fn polled(&self, _: &TaskInfo, _: Duration) {
        unreachable!("it is told nothing any more");
    }
}

#[test]
fn one_that_panics_is_told_nothing_any_more_and_the_others_are_told_once() {
    let events = Events::default();
    let options = Options::new().observer(Panics).observer(events.clone());
    let (_inspector, _installed, _) = inspected(options);
    by_hand(purview::scope(async |s| {
        s.spawn(async {}).await;
        s.spawn(async {}).await;
    }))
    .finish();
    let told = events.take();
    let reported: Vec<_> = told
        .iter()
        .filter(|event| event.contains("observer panicked"))
        .collect();
    assert_eq!(
        reported,
        ["an observer panicked and is told nothing any more: an observer's own"]
    );
    assert_eq!(
        told.iter().filter(|event| event.ends_with(" spawned in -")).count(),
        3,
        "{told:#?}"
    );
}

#[test]
fn a_scope_that_is_never_polled_is_opened_too_before_it_is_closed() {
    let events = Events::default();
    let (_inspector, _installed, _clock) = inspected(Options::new().observer(events.clone()));
    let (service, driver) = settled::<()>().name("service").open();
    service.spawn(never());
    drop(driver);
    let of_the_scope = |event: &String| event.starts_with("service opened") || event == "service closed";
    let told: Vec<_> = events.take().into_iter().filter(of_the_scope).collect();
    assert_eq!(told, ["service opened by -", "service closed"]);
}
