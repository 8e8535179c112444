//! `ScopeError` tells a failure from a deadline from a cancellation, in words and in methods.

use std::{error::Error, future::pending, io, time::Duration};

use purview::{CancelReason, ScopeError, TaskError, fail_fast, scope};
use purview_tests::{TestClock, by_hand, on_every_runtime, polled_on_every_runtime};

fn kinds<E>(error: &ScopeError<E>) -> (bool, bool, bool) {
    (error.is_failed(), error.is_deadline_exceeded(), error.is_cancelled())
}

async fn failed() -> ScopeError<io::Error> {
    let failed = fail_fast().name("import").run(async |s| {
        s.task()
            .name("the culprit")
            .spawn(async { Err::<(), _>(io::Error::other("disk full")) });
        Ok(())
    });
    failed.await.expect_err("a child failed")
}

async fn a_failure_is_only_a_failure() {
    let error = failed().await;
    assert_eq!(kinds(&error), (true, false, false));
    assert_eq!((error.reason(), error.failures().len()), (&CancelReason::Failed, 1));
    assert!(matches!(&error.failures()[0].error, TaskError::Failed(e) if e.to_string() == "disk full"));
}

fn a_deadline_is_only_a_deadline() {
    let clock = TestClock::new();
    let late = fail_fast::<io::Error>()
        .runtime(clock.clone())
        .timeout(Duration::from_secs(1));
    let mut run = by_hand(late.run(async |_| pending::<Result<(), _>>().await));
    assert!(run.poll_until_idle().is_pending());
    clock.advance(Duration::from_secs(1));
    let error = run.finish().expect_err("it was late");
    assert_eq!(kinds(&error), (false, true, false));
    assert_eq!(
        (error.reason(), error.failures().len()),
        (&CancelReason::DeadlineExceeded, 0)
    );
    assert!(error.into_failure().is_none());
}

async fn a_cancellation_is_only_a_cancellation() {
    let cancelled = fail_fast::<io::Error>().run(async |s| {
        s.cancel_with("enough");
        pending::<Result<(), _>>().await
    });
    let error = cancelled.await.expect_err("it was cancelled");
    assert_eq!(kinds(&error), (false, false, true));
    assert_eq!(
        (error.reason(), error.failures().len()),
        (&CancelReason::Requested(Some("enough".into())), 0)
    );
    assert!(error.to_string().contains("enough"), "{error}");
    assert!(error.into_failures().is_empty());
}

async fn its_text_names_the_task_and_the_error_without_repeating_the_source() {
    let error = failed().await;
    let source = error.source().map(ToString::to_string);
    let mut whole = error.to_string();
    let mut next: Option<&dyn Error> = error.source();
    while let Some(error) = next {
        whole = format!("{whole}: {error}");
        next = error.source();
    }
    assert!(whole.contains("the culprit") && whole.contains("disk full"), "{whole}");
    assert_eq!(whole.matches("disk full").count(), 1, "{whole}");
    if let Some(source) = source {
        assert!(!error.to_string().contains(&source), "{error} repeats {source}");
    }
    assert!(!error.to_string().ends_with('.'));
}

async fn it_goes_through_the_question_mark_into_a_boxed_error() {
    async fn boxed() -> Result<(), Box<dyn Error + Send + Sync>> {
        Err(failed().await)?;
        Ok(())
    }
    async fn any() -> anyhow::Result<()> {
        Err(failed().await)?;
        Ok(())
    }
    let error = boxed().await.expect_err("it failed");
    assert!(error.downcast_ref::<ScopeError<io::Error>>().is_some());
    assert!(any().await.expect_err("it failed").is::<ScopeError<io::Error>>());
}

async fn a_failure_can_be_a_value_that_is_no_error_type() {
    let error = fail_fast::<u8>()
        .run(async |_| Err::<(), _>(7))
        .await
        .expect_err("it failed");
    assert!(error.to_string().contains('7'), "{error}");
    assert_eq!(error.into_failures().len(), 1);
    assert_eq!(scope(async |_| 1).await, 1);
}

on_every_runtime!(
    a_failure_is_only_a_failure,
    a_cancellation_is_only_a_cancellation,
    its_text_names_the_task_and_the_error_without_repeating_the_source,
    it_goes_through_the_question_mark_into_a_boxed_error,
    a_failure_can_be_a_value_that_is_no_error_type,
);
polled_on_every_runtime!(a_deadline_is_only_a_deadline);
