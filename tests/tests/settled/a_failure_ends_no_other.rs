//! A child that fails or panics leaves its siblings and the body alone.

use purview::{TaskError, settled};
use purview_tests::{Gate, Log, by_hand, on_every_runtime, polled_on_every_runtime, yields};

async fn two_failing_children_and_a_body_that_ends_well_are_a_success() {
    let settlement = settled::<&str>().run(async |s| {
        s.task().name("a").spawn(async { Err::<(), _>("no") });
        s.task().name("b").spawn(async { Err::<(), _>("not either") });
        Ok(7)
    });
    let settlement = settlement.await.expect("the body worked");
    let failures: Vec<_> = settlement
        .failures
        .iter()
        .map(|f| (f.task.name(), f.to_string()))
        .collect();
    assert_eq!((settlement.value, failures.len(), settlement.stopped), (7, 2, None));
    assert!(
        failures[0].0 == "a" && failures[1].0 == "b",
        "in the order seen: {failures:?}"
    );
}

async fn a_sibling_of_a_failed_child_stays_active() {
    let log = Log::new();
    let settlement = settled::<&str>().run(async |s| {
        s.spawn(async { Err::<(), _>("no") });
        let sibling = s.spawn(async {
            yields(10).await;
            log.note("the sibling went on");
            Ok(7)
        });
        Ok(sibling.await.ok())
    });
    assert_eq!(settlement.await.expect("the body worked").value, Some(7));
    assert_eq!(log.entries(), ["the sibling went on"]);
}

async fn a_sibling_of_a_panicked_child_stays_active() {
    let settlement = settled::<&str>().run(async |s| {
        let panics = s.spawn(async {
            if true {
                panic!("boom");
            }
            Ok(())
        });
        let sibling = s.spawn(async {
            yields(10).await;
            Ok(7)
        });
        let message = match panics.await {
            Err(TaskError::Panicked(panic)) => panic.message().map(ToOwned::to_owned),
            other => panic!("{other:?}"),
        };
        Ok((message, sibling.await.ok(), s.is_cancelled()))
    });
    assert_eq!(
        settlement.await.expect("the body worked").value,
        (Some("boom".to_owned()), Some(7), false)
    );
}

fn dropping_the_scope_drops_the_children() {
    let log = Log::new();
    let mut run = by_hand(settled::<&str>().run(async |s| {
        for name in ["oldest", "newest"] {
            s.spawn(log.traced(name, std::future::pending::<Result<(), _>>()));
        }
        Gate::new().wait().await;
        Ok(())
    }));
    assert!(run.poll_until_idle().is_pending());
    log.clear();
    drop(run);
    assert_eq!(log.entries(), ["newest dropped", "oldest dropped"]);
}

on_every_runtime!(
    two_failing_children_and_a_body_that_ends_well_are_a_success,
    a_sibling_of_a_failed_child_stays_active,
    a_sibling_of_a_panicked_child_stays_active,
);
polled_on_every_runtime!(dropping_the_scope_drops_the_children);
