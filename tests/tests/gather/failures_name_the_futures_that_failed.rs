//! The error of a gather says which futures failed, with what, in the order in which they did.

use purview::{CancelReason, ScopeError, TaskError, gather, shield};
use purview_tests::{Log, by_hand, polled_on_every_runtime, yields};

/// Fails after so many turns, whatever happens meanwhile.
async fn fails(turns: usize, error: &'static str) -> Result<(), &'static str> {
    shield(yields(turns)).await;
    Err(error)
}

#[track_caller]
fn names(error: ScopeError<&'static str>, expected: [(&str, &'static str); 2]) {
    assert!(error.is_failed());
    assert_eq!(error.reason(), &CancelReason::Failed);
    let failures = error.into_failures();
    let told: Vec<_> = failures
        .iter()
        .map(|failure| match failure.error {
            TaskError::Failed(error) => (failure.task.name(), error),
            ref other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(told, expected);
}

fn also_futures_that_fail_while_they_are_waited_for() {
    let expected = [("import/2", "first"), ("import/1", "second")];
    let set = gather([fails(9, "never"), fails(5, "second"), fails(2, "first")]).limit(3);
    let error = by_hand(set.name("import").first_success())
        .finish()
        .expect_err("all fail");
    assert_eq!(error.failures().len(), 3);

    let late = |turns| async move {
        yields(turns).await;
        Ok::<_, &'static str>(())
    };
    let set = gather(
        [None, Some((5, "second")), Some((2, "first"))].map(async |end| match end {
            Some((turns, error)) => fails(turns, error).await,
            None => late(9).await,
        }),
    );
    names(by_hand(set.name("import")).finish().expect_err("two fail"), expected);

    let mixed = gather!(late(9), fails(5, "second"), fails(2, "first"));
    names(by_hand(mixed.name("import")).finish().expect_err("two fail"), expected);
}

/// And not when the gather itself is dropped, which may be long after.
fn values_that_are_not_given_out_are_dropped_as_it_fails() {
    let log = Log::new();
    let mut set = by_hand(gather([Some("set"), None].map(async |value| match value {
        Some(value) => Ok(log.on_drop(value)),
        None => fails(2, "no").await.map(|()| log.on_drop("none")),
    })));
    assert!(set.finish().is_err());
    assert_eq!(log.entries(), ["set dropped"]);

    let mut mixed = by_hand(gather!(async { Ok(log.on_drop("mixed")) }, fails(2, "no")));
    assert!(mixed.finish().is_err());
    assert_eq!(log.entries(), ["set dropped", "mixed dropped"]);
}

polled_on_every_runtime!(
    values_that_are_not_given_out_are_dropped_as_it_fails,
    also_futures_that_fail_while_they_are_waited_for
);
