//! What is the guest's own is where it is polled; the rest is the scope's.

use std::{
    thread::{self, JoinHandle},
    time::Duration,
};

use purview::{
    CancelReason, Driver, Policy, TaskError, cancelled, context_key, current, deadline, fail_fast, scope, settled,
    timeout, with_policy,
};
use purview_tests::{AnyRuntime, Log, PanicsOnDrop, by_hand, caught, message_of, served_by_every_runtime, yields};

const HOUR: Duration = Duration::from_secs(3_600);

context_key! {
    static REQUEST: &'static str;
}

/// Polls the driver on a thread of its own, as a task of its own on any executor.
fn driven<P>(driver: Driver<P>) -> JoinHandle<P::Output<()>>
where
    P: Policy<Output<()>: Send> + Send + 'static,
{
    thread::spawn(|| futures::executor::block_on(driver))
}

async fn awaiting_it_gives_what_the_policy_makes_of_its_end(runtime: AnyRuntime) {
    let (open, driver) = settled::<&str>().runtime(runtime).open();
    let driver = driven(driver);
    let value = open.enter(async {
        yields(3).await;
        Ok(7)
    });
    assert!(matches!(value.await, Ok(Ok(7))));
    let failed = open.enter(async { Err::<(), _>("no") });
    assert!(matches!(failed.await, Ok(Err(TaskError::Failed("no")))));
    let panicked = open.enter(async {
        if true {
            panic!("out of cheese");
        }
        Ok(())
    });
    match panicked.await {
        Ok(Err(TaskError::Panicked(panic))) => assert_eq!(panic.message(), Some("out of cheese")),
        other => panic!("{other:?}"),
    }
    drop(open);
    assert!(driver.join().unwrap().unwrap().failures.is_empty());
}

async fn its_failure_ends_a_fail_fast_scope_and_is_said(runtime: AnyRuntime) {
    let log = Log::new();
    let (open, driver) = fail_fast::<&str>().runtime(runtime).open();
    let driver = driven(driver);
    let sibling = open.enter(log.traced("sibling", std::future::pending::<Result<(), _>>()));
    let failing = open.task().name("culprit").enter(async {
        yields(2).await;
        Err::<(), _>("no")
    });
    let (sibling, failing) = futures::future::join(sibling, failing).await;
    assert_eq!(
        (sibling, failing),
        (Err(CancelReason::Failed), Err(CancelReason::Failed))
    );
    assert!(log.has("sibling dropped"));
    let error = driver.join().unwrap().unwrap_err();
    assert_eq!(error.failures()[0].task.name(), "culprit");
}

async fn its_panic_goes_to_the_driver_and_is_said(runtime: AnyRuntime) {
    let (open, driver) = with_policy(purview::JoinAll::new()).runtime(runtime).open();
    let driver = driven(driver);
    let guest = open.enter(async {
        yields(2).await;
        if true {
            panic!("out of cheese");
        }
    });
    assert_eq!(guest.await, Err(CancelReason::Panicked));
    assert_eq!(message_of(&*driver.join().unwrap_err()), "out of cheese");
}

async fn a_panic_of_its_destructor_is_its_outcome(runtime: AnyRuntime) {
    let (open, driver) = settled::<&str>().runtime(runtime).open();
    let driver = driven(driver);
    let bomb = PanicsOnDrop("from its destructor");
    let guest = open.enter(async move {
        let _bomb = bomb;
        yields(1).await;
        Ok(())
    });
    match guest.await {
        Ok(Err(TaskError::Panicked(panic))) => assert_eq!(panic.message(), Some("from its destructor")),
        other => panic!("{other:?}"),
    }
    drop(open);
    assert!(driver.join().unwrap().is_ok());
}

async fn its_future_is_dropped_before_it_resolves(runtime: AnyRuntime) {
    let log = Log::new();
    let (open, driver) = settled::<&str>().runtime(runtime).open();
    let driver = driven(driver);
    for i in 0..20 {
        let guest = open.enter(log.traced(format!("guest {i}"), async move {
            yields(i).await;
            Ok(())
        }));
        assert!(matches!(guest.await, Ok(Ok(()))));
        assert!(log.has(&format!("guest {i} dropped")));
    }
    drop(open);
    assert!(driver.join().unwrap().is_ok());
}

async fn name_deadline_and_context_values_are_those_of_a_child(runtime: AnyRuntime) {
    let (open, driver) = fail_fast::<&str>()
        .name("service")
        .timeout(HOUR)
        .runtime(runtime)
        .open();
    let driver = driven(driver);
    // The deadline counts from the first poll of the driver.
    let there = open.spawn(async { Ok(deadline()) }).await;
    let guest = REQUEST
        .scope("r-17", async {
            [open.task().name("GET /x").enter(async {
                yields(3).await;
                Ok((current().unwrap().name().to_owned(), deadline(), REQUEST.get()))
            })]
        })
        .await;
    let [guest] = guest;
    assert_eq!(guest.await, Ok(("GET /x".to_owned(), there, Some("r-17"))));
    let unnamed = open
        .enter(async { Ok(current().unwrap().name().to_owned()) })
        .await
        .unwrap();
    assert!(unnamed.starts_with("service/"), "{unnamed}");
    assert!(current().is_none());
    drop(open);
    assert!(driver.join().unwrap().is_ok());
}

async fn a_timeout_or_scope_around_it_is_not_seen_inside(runtime: AnyRuntime) {
    let (open, driver) = settled::<&str>().name("service").runtime(runtime).open();
    let driver = driven(driver);
    let entered = open.clone();
    let inside = scope(async |s| {
        s.spawn(async move {
            let guest = entered.enter(async {
                yields(2).await;
                Ok((deadline(), current().unwrap().name().to_owned()))
            });
            let out = timeout(HOUR, guest).await.unwrap().unwrap().unwrap();
            assert!(
                !current().unwrap().name().starts_with("service/"),
                "it is the guest's name"
            );
            out
        })
        .await
    })
    .await;
    assert_eq!(inside.0, None);
    assert!(inside.1.starts_with("service/"), "{inside:?}");
    drop(open);
    assert!(driver.join().unwrap().is_ok());
}

async fn it_hears_the_scope_cancelled_where_it_is(runtime: AnyRuntime) {
    let log = Log::new();
    let (open, driver) = settled::<&str>().runtime(runtime).open();
    let driver = driven(driver);
    let (handle, noted) = (open.clone(), log.clone());
    let guest = open.enter(async move {
        handle.cancel_with("enough");
        let why = cancelled().await;
        noted.note(why.to_string());
        Ok(())
    });
    assert!(matches!(guest.await, Ok(Ok(()))), "it held, and ended by itself");
    assert_eq!(log.entries(), ["cancelled on request: enough"]);
    drop(open);
    assert!(driver.join().unwrap().unwrap().stopped.is_some());
}

async fn a_deadline_of_the_scope_destroys_it(runtime: AnyRuntime) {
    let log = Log::new();
    let (open, driver) = settled::<&str>()
        .timeout(Duration::from_millis(5))
        .runtime(runtime)
        .open();
    let driver = driven(driver);
    let guest = open.enter(log.traced("guest", std::future::pending::<Result<(), _>>()));
    assert!(matches!(
        guest.await,
        Ok(Err(TaskError::Cancelled(CancelReason::DeadlineExceeded)))
    ));
    assert!(log.has("guest dropped"));
    assert!(driver.join().unwrap().is_ok());
}

#[test]
fn it_runs_only_where_it_is_awaited() {
    let log = Log::new();
    let (open, driver) = settled::<&str>().open();
    let mut driver = by_hand(driver);
    let mut guest = by_hand(open.enter(log.traced("guest", async {
        yields(1).await;
        Ok(())
    })));
    assert!(driver.poll_until_idle().is_pending());
    assert_eq!(log.entries(), [""; 0], "the driver does not poll it");
    assert!(guest.poll().is_pending());
    assert!(guest.poll().is_pending(), "its end is judged by the driver");
    assert_eq!(log.entries(), ["guest polled", "guest polled", "guest dropped"]);
    assert!(driver.poll_until_idle().is_pending());
    assert!(matches!(guest.finish(), Ok(Ok(()))));
}

#[test]
fn it_begins_without_waiting_for_the_driver() {
    let log = Log::new();
    let (open, driver) = settled::<&str>().open();
    let mut guest = by_hand(open.enter(log.traced("guest", async { Ok(1) })));
    assert!(guest.poll().is_pending());
    assert_eq!(log.entries(), ["guest polled", "guest dropped"]);
    let mut driver = by_hand(driver);
    assert!(driver.poll_until_idle().is_pending());
    assert!(matches!(guest.finish(), Ok(Ok(1))));
}

#[test]
fn a_panic_that_no_policy_hears_of_goes_on_in_what_awaits_it() {
    let (open, driver) = settled::<&str>().open();
    let guest = open.enter(async move {
        drop(driver);
        if true {
            panic!("out of cheese");
        }
        Ok(())
    });
    assert_eq!(by_hand(caught(guest)).finish().unwrap_err(), "out of cheese");
}

served_by_every_runtime!(
    awaiting_it_gives_what_the_policy_makes_of_its_end,
    its_failure_ends_a_fail_fast_scope_and_is_said,
    its_panic_goes_to_the_driver_and_is_said,
    a_panic_of_its_destructor_is_its_outcome,
    its_future_is_dropped_before_it_resolves,
    name_deadline_and_context_values_are_those_of_a_child,
    a_timeout_or_scope_around_it_is_not_seen_inside,
    it_hears_the_scope_cancelled_where_it_is,
    a_deadline_of_the_scope_destroys_it,
);
