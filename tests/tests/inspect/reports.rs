//! What is rarely meant is reported: by a poll that shows it, and by a look at all that is alive.

use std::{future::poll_fn, task::Poll, time::Duration};

use purview::{
    fail_fast,
    inspect::{self, Held, Options, Report},
    settled, shield, sleep,
};
use purview_tests::{Gate, by_hand, yield_now};

use crate::{Reports, inspected, never};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_slow_poll_is_reported_once_and_then_by_rate() {
    let reports = Reports::default();
    let (_inspector, _installed, clock) = inspected(Options::new().observer(reports.clone()).slow_poll(SECOND / 10));
    let time = clock.clone();
    let mut run = by_hand(settled::<()>().run(async |s| {
        s.task().name("slow").spawn(async move {
            for _ in 0..8 {
                time.advance(SECOND / 5);
                yield_now().await;
            }
            Ok(())
        });
        never().await
    }));
    assert!(run.poll_until_idle().is_pending());
    let lines = reports.lines();
    assert_eq!(lines.len(), 2, "{lines:#?}");
    let at = format!("({}:{}:", file!(), line!() - 12);
    assert!(lines[0].starts_with(&format!("slow poll: `slow` {at}")), "{}", lines[0]);
    assert!(lines[0].ends_with(") took 200 ms"), "{}", lines[0]);
    assert!(
        lines[1].ends_with(") took 200 ms, and 4 more since the last report"),
        "{}",
        lines[1]
    );
}

#[test]
fn a_poll_that_is_quick_is_not() {
    let reports = Reports::default();
    let (_inspector, _installed, _) = inspected(Options::new().observer(reports.clone()).slow_poll(SECOND / 10));
    by_hand(purview::scope(async |s| s.spawn(async {}).await)).finish();
    assert!(reports.lines().is_empty());
}

#[test]
fn a_slow_poll_that_is_under_way_is_found_by_a_check() {
    let (_inspector, _installed, clock) = inspected(Options::new().slow_poll(SECOND));
    let mut found = Vec::new();
    by_hand(purview::scope(async |s| {
        s.task().name("stuck").spawn(async {
            clock.advance(SECOND / 2);
            assert!(inspect::check().is_empty(), "it is quick yet");
            clock.advance(SECOND / 2);
            found = inspect::check();
            assert!(inspect::check().is_empty(), "not again at once");
        });
    }))
    .finish();
    match &found[..] {
        [
            Report::SlowPoll {
                task,
                took,
                ended: false,
                ..
            },
        ] => {
            assert_eq!((task.name(), *took), ("stuck", SECOND));
            let text = found[0].to_string();
            assert!(text.ends_with(") has been polled for 1.0 s"), "{text}");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_task_that_only_yields_is_reported_each_so_many_times() {
    let reports = Reports::default();
    let (_inspector, _installed, _) = inspected(Options::new().observer(reports.clone()).yields(1000));
    let mut run = by_hand(purview::scope(async |s| {
        s.task().name("spins").spawn(async {
            purview_tests::yields(2500).await;
        });
        s.task().name("yields a little").spawn(async {
            purview_tests::yields(999).await;
        });
    }));
    run.finish();
    let lines = reports.lines();
    assert_eq!(lines.len(), 2, "{lines:#?}");
    assert!(
        lines[0].ends_with(") has woken itself in 1000 polls in a row"),
        "{}",
        lines[0]
    );
    assert!(
        lines[1].ends_with(") has woken itself in 2000 polls in a row"),
        "{}",
        lines[1]
    );
}

#[test]
fn a_task_that_others_wake_does_not_yield() {
    let reports = Reports::default();
    let (_inspector, _installed, _) = inspected(Options::new().observer(reports.clone()).yields(3));
    let gate = Gate::new();
    let mut run = by_hand(purview::scope(async |s| {
        s.task().name("woken").spawn(async {
            loop {
                gate.wait().await;
            }
        });
    }));
    for _ in 0..9 {
        assert!(run.poll_until_idle().is_pending());
        gate.wake();
    }
    assert!(reports.lines().is_empty(), "{:#?}", reports.lines());
}

#[test]
fn a_task_that_nothing_can_wake_is_reported() {
    let (_inspector, _installed, clock) = inspected(Options::new().lost_waker(SECOND));
    let gate = Gate::new();
    let waits = gate.wait();
    let mut run = by_hand(settled::<()>().run(async |s| {
        s.task()
            .name("lost")
            .spawn(poll_fn(|_| Poll::<Result<(), ()>>::Pending));
        s.task().name("waits").spawn(async {
            waits.await;
            Ok(())
        });
        s.task().name("sleeps").spawn(async {
            sleep(100 * SECOND).await;
            Ok(())
        });
        s.task().name("nests").spawn(async {
            let nested = fail_fast::<()>().run(async |_| {
                sleep(100 * SECOND).await;
                Ok(())
            });
            nested.await.map_err(|_| ())
        });
        never().await
    }));
    assert!(run.poll_until_idle().is_pending());
    let names = |reports: Vec<Report>| -> Vec<String> {
        let task = |report: Report| match report {
            Report::LostWaker { task, .. } => task.name().to_owned(),
            other => panic!("{other:?}"),
        };
        reports.into_iter().map(task).collect()
    };
    assert!(names(inspect::check()).is_empty(), "not yet");
    clock.advance(SECOND);
    // The body has lost its waker too.
    assert_eq!(names(inspect::check()), ["body", "lost"]);
    assert!(names(inspect::check()).is_empty(), "not again at once");
    clock.advance(SECOND);
    assert_eq!(names(inspect::check()), ["body", "lost"]);
}

#[test]
fn a_shutdown_that_is_held_up_names_what_holds() {
    let options = Options::new().held_up(2 * SECOND).not_polled_again(SECOND);
    let (_inspector, _installed, clock) = inspected(options);
    let gate = Gate::new();
    let held = gate.wait();
    let (service, driver) = settled::<()>().name("service").open();
    let mut driver = by_hand(driver);
    service.task().name("outer").spawn(async {
        let inner = settled::<()>().name("inner").run(async |s| {
            s.task().name("stubborn").spawn(async {
                shield(held).await;
                Ok(())
            });
            Ok(())
        });
        inner.await.map(drop).map_err(|_| ())
    });
    assert!(driver.poll_until_idle().is_pending());
    service.cancel_with("deploy");
    assert!(driver.poll_until_idle().is_pending());
    assert!(inspect::check().is_empty());
    clock.advance(2 * SECOND);
    let reports = inspect::check();
    let of_service = reports.iter().find_map(|report| match report {
        Report::HeldUp { scope, since, by, .. } if scope.starts_with("scope `service`") => Some((since, by)),
        _ => None,
    });
    let (since, by) = of_service.expect("it is held up");
    assert_eq!(*since, 2 * SECOND);
    assert_eq!(by.len(), 1, "{reports:#?}");
    assert_eq!((by[0].task.name(), by[0].why), ("stubborn", Some(Held::Shield)));
    let text: Vec<_> = reports.iter().map(ToString::to_string).collect();
    assert!(
        text.iter().any(|line| line.starts_with("not polled again: `stubborn`")),
        "{text:#?}"
    );
    assert!(text[0].contains("cancelled on request: deploy"), "{text:#?}");
    assert!(inspect::check().is_empty(), "once in each two seconds");
    clock.advance(2 * SECOND);
    assert!(!inspect::check().is_empty());
    gate.open();
    driver.finish().ok();
}
