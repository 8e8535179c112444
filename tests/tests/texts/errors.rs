//! Errors in words: lower case, no full stop, and the chain of sources goes on where the text stops.

use std::{
    error::Error,
    future::pending,
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use futures::future::lazy;
use purview::{
    AlreadyReady, CancelReason, Empty, Failure, RetryError, ScopeError, StartError, TaskError, TrySendError, fail_fast,
    gather, retry, settled, shield,
};
use purview_tests::{by_hand, on_every_runtime, polled_on_every_runtime, yield_now};

use crate::Unprintable;

/// An error with another one behind it.
#[derive(Debug, thiserror::Error)]
#[error("the disk is full")]
struct DiskFull(#[source] io::Error);

fn disk_full() -> DiskFull {
    DiskFull(io::Error::other("no sectors left"))
}

#[track_caller]
fn goes_on_behind(error: &dyn Error, text: &str) {
    assert_eq!(error.to_string(), text);
    let source = error.source().map(ToString::to_string);
    assert_eq!(
        source.as_deref(),
        Some("no sectors left"),
        "the display has shown the error itself"
    );
}

#[track_caller]
fn ends_here(error: &dyn Error, text: &str) {
    assert_eq!(error.to_string(), text);
    assert!(error.source().is_none());
}

fn panicking() -> impl Future<Output = Result<(), DiskFull>> {
    lazy(|_| panic!("boom"))
}

#[test]
fn every_reason_reads_as_a_half_sentence() {
    for (reason, text) in [
        (CancelReason::Failed, "a task failed"),
        (CancelReason::Panicked, "a task panicked"),
        (CancelReason::DeadlineExceeded, "deadline exceeded"),
        (CancelReason::Requested(None), "cancelled on request"),
        (
            CancelReason::Requested(Some("enough".into())),
            "cancelled on request: enough",
        ),
        (CancelReason::Parent, "the enclosing scope was cancelled"),
        (CancelReason::Ended, "the scope has ended"),
    ] {
        assert_eq!(reason.to_string(), text);
    }
}

#[test]
fn errors_without_a_cause_say_what_is_wrong() {
    ends_here(&Empty, "there is nothing to race: the gather has no futures");
    ends_here(&AlreadyReady, "this task has already reported that it is ready");
    let refused = purview::SpawnError::new("no threads");
    ends_here(&refused, "the runtime cannot take work: no threads");
}

async fn the_error_of_a_task_says_how_it_ended() {
    let settlement = settled::<DiskFull>().run(async |s| {
        let failed = s.spawn(async { Err::<(), _>(disk_full()) });
        let panicked = s.spawn(panicking());
        let cancelled = s.spawn(pending::<Result<(), _>>());
        cancelled.cancel();
        Ok((failed.await, panicked.await, cancelled.await))
    });
    let (failed, panicked, cancelled) = settlement.await.expect("the body worked").value;
    goes_on_behind(&failed.expect_err("it failed"), "the disk is full");
    ends_here(&panicked.expect_err("it panicked"), "panicked: boom");
    ends_here(&cancelled.expect_err("it was cancelled"), "cancelled on request");
}

async fn a_failure_says_which_child_it_was_and_how_it_ended() {
    let named = |error| Failure {
        task: purview::current().expect("in a task"),
        error,
    };
    let settlement = settled::<DiskFull>().name("import").run(async |s| {
        let panicked = s.spawn(panicking()).await.expect_err("it panicked");
        Ok([
            named(TaskError::Failed(disk_full())),
            named(panicked),
            named(TaskError::Cancelled(CancelReason::Parent)),
        ])
    });
    let [failed, panicked, cancelled] = settlement.await.expect("the body worked").value;
    goes_on_behind(&failed, "import: the disk is full");
    ends_here(&panicked, "import panicked: boom");
    ends_here(&cancelled, "import was cancelled: the enclosing scope was cancelled");
}

async fn failures_of(holders: usize) -> ScopeError<DiskFull> {
    let failed = fail_fast().name("import").run(async |s| {
        for _ in 0..holders {
            s.spawn(async {
                shield(yield_now()).await;
                Err::<(), _>(disk_full())
            });
        }
        yield_now().await;
        Err::<(), _>(disk_full())
    });
    failed.await.expect_err("the body failed")
}

async fn the_error_of_a_scope_shows_the_first_failure_and_counts_the_others() {
    goes_on_behind(&failures_of(0).await, "import: the disk is full");
    goes_on_behind(&failures_of(1).await, "import: the disk is full (and 1 more failure)");
    goes_on_behind(&failures_of(2).await, "import: the disk is full (and 2 more failures)");
}

async fn the_error_of_a_scope_that_was_cancelled_says_that_first() {
    let cancelled = fail_fast::<DiskFull>().run(async |s| {
        s.task().name("cleaner").spawn(async {
            shield(yield_now()).await;
            Err::<(), _>(disk_full())
        });
        yield_now().await;
        s.cancel();
        pending::<Result<(), _>>().await
    });
    let error = cancelled.await.expect_err("it was cancelled");
    goes_on_behind(
        &error,
        "cancelled on request; while cleaning up: cleaner: the disk is full",
    );
    let silent = fail_fast::<DiskFull>().run(async |s| {
        s.cancel_with("enough");
        pending::<Result<(), _>>().await
    });
    ends_here(
        &silent.await.expect_err("it was cancelled"),
        "cancelled on request: enough",
    );
}

async fn a_race_that_all_lost_to_panics_has_no_failure_to_take_out() {
    let lost = gather([panicking()]).first_success().await;
    let error = lost.expect_err("no future won");
    ends_here(&error, "task-0 panicked: boom");
    assert!(error.into_failure().is_none());
}

async fn a_start_says_why_there_is_nothing_to_wait_for() {
    let out = settled::<DiskFull>().run(async |s| {
        let failed = s.start::<(), (), _, _>(async |_| Err(disk_full())).await;
        let panicked = s.start::<(), (), _, _>(async |_| panicking().await).await;
        let silent = s.start::<(), (), _, _>(async |_| Ok(())).await;
        s.cancel();
        let refused = s.start::<(), (), _, _>(async |_| Ok(())).await;
        Ok([failed, panicked, silent, refused].map(|started| started.expect_err("it was never ready")))
    });
    let [failed, panicked, silent, refused] = out.await.expect("the body worked").value;
    goes_on_behind(&failed, "failed before it was ready: the disk is full");
    ends_here(&panicked, "panicked before it was ready: boom");
    ends_here(&silent, "ended without having said that it was ready");
    assert!(matches!(silent, StartError::NeverReady));
    ends_here(&refused, "cancelled before it was ready: cancelled on request");
}

async fn retries_count_their_attempts() {
    let tried = async |delays: usize| -> RetryError<DiskFull> {
        let delays = vec![Duration::ZERO; delays];
        retry(delays, async || Err::<(), _>(disk_full()))
            .await
            .expect_err("it never works")
    };
    goes_on_behind(&tried(0).await, "failed at the only attempt: the disk is full");
    goes_on_behind(&tried(2).await, "failed after 3 attempts: the disk is full");
}

async fn the_alternate_form_shows_the_chain_of_an_error_that_has_one() {
    let failed = || async { Err::<(), _>(anyhow::anyhow!("disk full").context("writing rows")) };
    let error = fail_fast()
        .name("import")
        .run(async |_| retry([], failed).await)
        .await
        .expect_err("the body fails");
    assert_eq!(error.to_string(), "import: failed at the only attempt: writing rows");
    assert_eq!(
        format!("{error:#}"),
        "import: failed at the only attempt: writing rows: disk full"
    );
    let started = fail_fast::<anyhow::Error>()
        .run(async |s| Ok(s.start(async |_: purview::Ready<()>| failed().await).await))
        .await
        .expect("only the start fails");
    let error = started.expect_err("it fails before it is ready");
    assert_eq!(error.to_string(), "failed before it was ready: writing rows");
    assert_eq!(
        format!("{error:#}"),
        "failed before it was ready: writing rows: disk full"
    );
}

fn what_is_not_received_comes_back_in_an_error_though_it_cannot_be_printed() {
    let kept = Arc::new(Mutex::new(None));
    let (scope, driver) = settled::<()>().open();
    let mut driver = by_hand(driver);
    let put = kept.clone();
    let items = scope.produce(0, async move |tx| {
        *put.lock().expect("not poisoned") = Some(tx);
        pending().await
    });
    assert!(driver.poll_until_idle().is_pending());
    drop(items);
    let tx = kept.lock().expect("not poisoned").take().expect("the producer ran");
    let closed = by_hand(tx.send(Unprintable))
        .finish()
        .expect_err("the receiver was dropped");
    ends_here(
        &closed,
        "the stream that receives from this producer has been dropped or has ended",
    );
    assert_eq!(format!("{closed:?}"), "Closed { .. }");
}

#[test]
fn an_item_that_finds_no_room_comes_back_in_an_error_though_it_cannot_be_printed() {
    let (full, closed) = (TrySendError::Full(Unprintable), TrySendError::Closed(Unprintable));
    ends_here(&full, "there is no room for the item at present");
    ends_here(&closed, "the stream of this producer has been dropped or has ended");
    assert_eq!(format!("{full:?} {closed:?}"), "Full(..) Closed(..)");
}

async fn a_future_that_is_handed_back_comes_with_the_reason() {
    let out = settled::<()>().limit(1).run(async |s| {
        s.try_spawn(pending::<Result<(), _>>()).expect("there is room for one");
        let full = s.try_spawn(async { Ok(()) });
        let full = full.expect_err("there is no room");
        ends_here(&full, "the child was not spawned: the scope's limit is reached");
        assert_eq!(format!("{full:?}"), "Rejected { reason: Full, .. }");
        s.cancel_with("enough");
        let late = s.try_spawn(async { Ok(()) }).expect_err("it is cancelled");
        ends_here(
            &late,
            "the child was not spawned: the scope is cancelled: cancelled on request: enough",
        );
        Ok(s)
    });
    let ended = out.await.expect("the body worked").value;
    assert!(ended.is_cancelled());
    let (scope, driver) = settled::<()>().open();
    drop(driver);
    let gone = scope.try_spawn(async { Ok(()) }).expect_err("its scope has ended");
    assert!(
        gone.to_string().starts_with("the child was not spawned: the scope "),
        "{gone}"
    );
    let closed = settled::<()>()
        .run(async |s| Ok(s))
        .await
        .expect("the body worked")
        .value;
    let ended = closed.try_spawn(async { Ok(()) }).expect_err("it has ended");
    ends_here(&ended, "the child was not spawned: the scope has ended");
}

on_every_runtime!(
    the_error_of_a_task_says_how_it_ended,
    a_failure_says_which_child_it_was_and_how_it_ended,
    the_error_of_a_scope_shows_the_first_failure_and_counts_the_others,
    the_error_of_a_scope_that_was_cancelled_says_that_first,
    a_race_that_all_lost_to_panics_has_no_failure_to_take_out,
    a_start_says_why_there_is_nothing_to_wait_for,
    retries_count_their_attempts,
    the_alternate_form_shows_the_chain_of_an_error_that_has_one,
    a_future_that_is_handed_back_comes_with_the_reason,
);
polled_on_every_runtime!(what_is_not_received_comes_back_in_an_error_though_it_cannot_be_printed);
