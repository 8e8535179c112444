//! A shutdown tells the guests, waits for them, lists them, and destroys at the end of the grace what is left.

use std::{future::pending, time::Duration};

use purview::{Report, TaskError, cancelled, settled, shield};
use purview_tests::{Gate, Log, TestClock, by_hand, polled_on_every_runtime};

const GRACE: Duration = Duration::from_secs(10);

fn names(report: &Report) -> [Vec<&str>; 2] {
    [&report.finished, &report.cut].map(|list| list.iter().map(purview::TaskInfo::name).collect())
}

fn guests_under_way_finish_and_the_rest_are_cut() {
    let (log, clock, gate) = (Log::new(), TestClock::new(), Gate::new());
    let (open, driver) = settled::<&str>().runtime(clock.clone()).open();
    let mut driver = by_hand(driver);
    let held = gate.wait();
    let mut quick = by_hand(open.task().name("quick").enter(async move {
        held.await;
        Ok(1)
    }));
    let mut polite = by_hand(open.task().name("polite").enter(async {
        cancelled().await;
        Ok(2)
    }));
    let stubborn = shield(log.traced("stubborn", pending::<Result<(), _>>()));
    let mut stubborn = by_hand(open.task().name("stubborn").enter(stubborn));
    assert!(quick.poll().is_pending() && polite.poll().is_pending() && stubborn.poll().is_pending());
    assert!(driver.poll_until_idle().is_pending());

    let mut shutdown = by_hand(open.shutdown(GRACE));
    assert!(shutdown.poll().is_pending());
    assert!(polite.poll().is_pending());
    assert!(driver.poll_until_idle().is_pending());
    assert!(matches!(polite.finish(), Ok(Ok(2))));
    gate.open();
    assert!(quick.poll().is_pending());
    assert!(driver.poll_until_idle().is_pending());
    assert!(matches!(quick.finish(), Ok(Ok(1))), "it is not cut short");
    assert!(shutdown.poll().is_pending() && !log.has("stubborn dropped"));

    clock.advance(GRACE);
    assert!(driver.finish().is_ok());
    assert!(log.has("stubborn dropped"));
    assert!(matches!(stubborn.finish(), Ok(Err(TaskError::Cancelled(_)))));
    assert_eq!(names(&shutdown.finish()), [vec!["polite", "quick"], vec!["stubborn"]]);
}

fn one_that_is_never_polled_is_cut_with_the_grace() {
    let clock = TestClock::new();
    let (open, driver) = settled::<&str>().runtime(clock.clone()).open();
    let mut driver = by_hand(driver);
    let guest = open.task().name("forgotten").enter(async { Ok(()) });
    assert!(driver.poll_until_idle().is_pending());
    let mut shutdown = by_hand(open.shutdown(GRACE));
    assert!(shutdown.poll().is_pending());
    assert!(driver.poll_until_idle().is_pending());
    clock.advance(GRACE);
    assert!(driver.finish().is_ok());
    assert_eq!(names(&shutdown.finish()), [vec![], vec!["forgotten"]]);
    let why = by_hand(guest).finish().unwrap_err();
    assert_eq!(why.to_string(), "cancelled on request: shutdown");
}

/// As children that wait for a place: they are in.
fn queued_guests_have_their_turn() {
    let clock = TestClock::new();
    let (open, driver) = settled::<&str>().limit(1).runtime(clock).open();
    let mut driver = by_hand(driver);
    let gate = Gate::new();
    let held = gate.wait();
    let mut first = by_hand(open.task().name("first").enter(async move {
        held.await;
        Ok(1)
    }));
    let mut second = by_hand(open.task().name("second").enter(async { Ok(2) }));
    assert!(first.poll().is_pending() && second.poll().is_pending());
    assert!(driver.poll_until_idle().is_pending());
    let mut shutdown = by_hand(open.shutdown(GRACE));
    assert!(shutdown.poll().is_pending());
    gate.open();
    assert!(first.poll().is_pending());
    assert!(driver.poll_until_idle().is_pending());
    assert!(second.poll().is_pending());
    assert!(driver.finish().is_ok());
    assert!(matches!(second.finish(), Ok(Ok(2))));
    assert_eq!(names(&shutdown.finish()), [vec!["first", "second"], vec![]]);
}

/// It waits for itself, as one awaited in a child does.
fn awaited_inside_a_guest_it_uses_up_the_grace() {
    let clock = TestClock::new();
    let (open, driver) = settled::<&str>().runtime(clock.clone()).open();
    let mut driver = by_hand(driver);
    let handle = open.clone();
    let mut guest = by_hand(open.enter(async move {
        let report = handle.shutdown(GRACE).await;
        Ok(report)
    }));
    assert!(guest.poll_until_idle().is_pending());
    assert!(driver.poll_until_idle().is_pending());
    clock.advance(GRACE);
    assert!(driver.finish().is_ok());
    assert!(matches!(guest.finish(), Ok(Err(TaskError::Cancelled(_)))));
}

polled_on_every_runtime!(
    guests_under_way_finish_and_the_rest_are_cut,
    one_that_is_never_polled_is_cut_with_the_grace,
    queued_guests_have_their_turn,
    awaited_inside_a_guest_it_uses_up_the_grace,
);
