//! A guest whose owner drops it is cancelled in two phases: what holds is polled on by the scope's driver.

use std::{future::pending, time::Duration};

use purview::{CancelReason, TaskError, cancelled, context_key, current, fail_fast, settled, shield};
use purview_tests::{Gate, Log, PanicsOnDrop, TestClock, by_hand, polled_on_every_runtime, yields};

const GRACE: Duration = Duration::from_secs(10);

context_key! {
    static REQUEST: &'static str;
}

fn one_that_does_not_hold_is_destroyed_there_and_then() {
    let log = Log::new();
    let (open, driver) = settled::<&str>().open();
    let mut driver = by_hand(driver);
    let mut guest = by_hand(open.enter(log.traced("guest", pending::<Result<(), _>>())));
    assert!(guest.poll().is_pending());
    assert!(driver.poll_until_idle().is_pending());
    drop(guest);
    assert_eq!(log.entries(), ["guest polled", "guest dropped"]);
    assert!(driver.poll_until_idle().is_pending());
    assert!(open.is_empty());
}

fn one_in_a_shield_is_polled_on_by_the_driver() {
    let (log, gate) = (Log::new(), Gate::new());
    let (open, driver) = settled::<&str>().open();
    let mut driver = by_hand(driver);
    let (noted, held) = (log.clone(), gate.wait());
    let guest = REQUEST.scope("r-17", async {
        [open.task().name("GET /x").enter(async move {
            shield(async {
                held.await;
                noted.note(format!("{} {}", current().unwrap().name(), REQUEST.get().unwrap()));
            })
            .await;
            noted.note("after the shield");
            yields(1).await;
            noted.note("never");
            Ok(())
        })]
    });
    let [guest] = by_hand(guest).finish();
    let mut guest = by_hand(guest);
    assert!(guest.poll().is_pending());
    assert!(driver.poll_until_idle().is_pending());
    let wakes = driver.wakes();
    drop(guest);
    assert!(driver.wakes() > wakes, "the driver has it from now on");
    assert!(driver.poll_until_idle().is_pending());
    assert_eq!((open.len(), log.entries().len()), (1, 0));
    gate.open();
    assert!(driver.poll_until_idle().is_pending());
    assert_eq!(log.entries(), ["GET /x r-17", "after the shield"]);
    assert!(open.is_empty());
}

/// The driver has not been polled since it entered.
fn one_that_holds_before_the_driver_has_seen_it_is_not_lost() {
    let (log, gate) = (Log::new(), Gate::new());
    let (open, driver) = settled::<&str>().open();
    let mut driver = by_hand(driver);
    let (noted, held) = (log.clone(), gate.wait());
    let mut guest = by_hand(open.enter(async move {
        shield(held).await;
        noted.note("cleaned up");
        Ok(())
    }));
    assert!(guest.poll().is_pending());
    drop(guest);
    assert!(driver.poll_until_idle().is_pending());
    gate.open();
    assert!(driver.poll_until_idle().is_pending());
    assert_eq!(log.entries(), ["cleaned up"]);
    assert!(open.is_empty());
}

fn one_that_waits_to_be_told_is_told() {
    let log = Log::new();
    let (open, driver) = settled::<&str>().open();
    let mut driver = by_hand(driver);
    let noted = log.clone();
    let mut guest = by_hand(open.enter(async move {
        let why = cancelled().await;
        noted.note(why.to_string());
        Ok(())
    }));
    assert!(guest.poll().is_pending());
    drop(guest);
    assert!(driver.poll_until_idle().is_pending());
    assert_eq!(
        log.entries(),
        ["cancelled on request: what awaited the guest was dropped"]
    );
    assert!(open.is_empty() && !open.is_cancelled());
}

fn finalizers_of_a_scope_in_it_run() {
    let log = Log::new();
    let (open, driver) = settled::<&str>().open();
    let mut driver = by_hand(driver);
    let noted = log.clone();
    let mut guest = by_hand(open.enter(async move {
        fail_fast()
            .run(async |s| {
                let (guard, noted) = (noted.on_drop("body"), noted.clone());
                s.defer(async move {
                    yields(3).await;
                    noted.note("rolled back");
                });
                let _guard = guard;
                pending::<Result<(), &str>>().await
            })
            .await
            .map_err(|_| "stopped")
    }));
    assert!(guest.poll_until_idle().is_pending());
    drop(guest);
    assert!(driver.poll_until_idle().is_pending());
    assert_eq!(log.entries(), ["body dropped", "rolled back"]);
    assert!(open.is_empty());
}

fn one_that_holds_for_ever_has_the_grace_of_the_scope() {
    let (log, clock) = (Log::new(), TestClock::new());
    let (open, driver) = settled::<&str>().grace(GRACE).runtime(clock.clone()).open();
    let mut driver = by_hand(driver);
    let mut guest = by_hand(open.enter(shield(log.traced("guest", pending::<Result<(), _>>()))));
    assert!(guest.poll().is_pending());
    assert!(driver.poll_until_idle().is_pending());
    drop(guest);
    assert!(driver.poll_until_idle().is_pending());
    assert!(!log.has("guest dropped"));
    clock.advance(GRACE);
    assert!(driver.poll_until_idle().is_pending());
    assert!(log.has("guest dropped"));
    assert!(open.is_empty() && !open.is_cancelled());
}

fn under_a_grace_of_zero_nothing_holds() {
    let log = Log::new();
    let (open, driver) = settled::<&str>().grace(Duration::ZERO).open();
    let mut driver = by_hand(driver);
    let mut guest = by_hand(open.enter(shield(log.traced("guest", pending::<Result<(), _>>()))));
    assert!(guest.poll().is_pending());
    drop(guest);
    assert!(driver.poll_until_idle().is_pending());
    assert!(log.has("guest dropped") && open.is_empty());
}

fn its_clean_up_may_fail_and_the_policy_hears_of_it() {
    let (open, driver) = fail_fast::<&str>().open();
    let mut driver = by_hand(driver);
    let mut guest = by_hand(open.enter(async {
        cancelled().await;
        Err::<(), _>("could not roll back")
    }));
    assert!(guest.poll().is_pending());
    drop(guest);
    let error = driver.finish().unwrap_err();
    assert!(matches!(
        error.failures()[0].error,
        TaskError::Failed("could not roll back")
    ));
}

fn it_counts_as_no_failure_and_touches_nothing_else() {
    let (open, driver) = fail_fast::<&str>().open();
    let mut driver = by_hand(driver);
    let mut guest = by_hand(open.enter(pending::<Result<(), _>>()));
    let mut sibling = by_hand(open.enter(async {
        yields(1).await;
        Ok(1)
    }));
    assert!(guest.poll().is_pending() && sibling.poll().is_pending());
    drop(guest);
    assert!(driver.poll_until_idle().is_pending());
    assert!(sibling.poll_until_idle().is_pending());
    assert!(driver.poll_until_idle().is_pending());
    assert_eq!(sibling.finish(), Ok(1));
    drop(open);
    assert!(driver.finish().is_ok());
}

fn one_that_has_ended_keeps_its_end() {
    let (open, driver) = fail_fast::<&str>().open();
    let mut driver = by_hand(driver);
    let mut guest = by_hand(open.enter(async { Err::<(), _>("no") }));
    assert!(guest.poll().is_pending());
    drop(guest);
    let error = driver.finish().unwrap_err();
    assert_eq!(error.reason(), &CancelReason::Failed);
}

fn a_panic_of_its_destructor_goes_to_the_policy() {
    let (open, driver) = fail_fast::<&str>().open();
    let bomb = PanicsOnDrop("from its destructor");
    let mut guest = by_hand(open.enter(async move {
        let _bomb = bomb;
        pending::<Result<(), &str>>().await
    }));
    assert!(guest.poll().is_pending());
    drop(guest);
    let driver = purview_tests::caught(driver);
    assert_eq!(by_hand(driver).finish().unwrap_err(), "from its destructor");
}

polled_on_every_runtime!(
    one_that_does_not_hold_is_destroyed_there_and_then,
    one_in_a_shield_is_polled_on_by_the_driver,
    one_that_holds_before_the_driver_has_seen_it_is_not_lost,
    one_that_waits_to_be_told_is_told,
    finalizers_of_a_scope_in_it_run,
    one_that_holds_for_ever_has_the_grace_of_the_scope,
    under_a_grace_of_zero_nothing_holds,
    its_clean_up_may_fail_and_the_policy_hears_of_it,
    it_counts_as_no_failure_and_touches_nothing_else,
    one_that_has_ended_keeps_its_end,
    a_panic_of_its_destructor_goes_to_the_policy,
);
