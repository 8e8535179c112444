//! From how one task ended to the caller's own error.

use std::{future::pending, io};

use purview::{CancelReason, Stopped, TaskError, settled};
use purview_tests::{caught, on_every_runtime};

async fn a_failure_comes_out_as_it_was_returned() {
    let out = settled::<anyhow::Error>()
        .run(async |s| {
            let child = s.spawn(async {
                let taken = io::Error::from(io::ErrorKind::AddrInUse);
                Err::<(), _>(anyhow::Error::new(taken).context("no server"))
            });
            child.await.map_err(TaskError::into_error)
        })
        .await;
    let error = out.unwrap_err().into_failure().unwrap();
    assert_eq!(error.to_string(), "no server");
    let cause = error.root_cause().downcast_ref::<io::Error>().unwrap();
    assert_eq!(cause.kind(), io::ErrorKind::AddrInUse);
}

async fn a_cancellation_is_what_the_error_makes_of_it() {
    let reason = CancelReason::Requested(None);
    let out = settled::<anyhow::Error>()
        .run(async |s| {
            let child = s.spawn(pending::<anyhow::Result<()>>());
            child.cancel();
            let error = child.await.map_err(TaskError::into_error).unwrap_err();
            Ok(error.downcast::<Stopped>().unwrap().reason)
        })
        .await;
    assert_eq!(out.unwrap().value, reason);
    let foreign =
        TaskError::<u8>::Cancelled(reason.clone()).into_error_or(|stopped| u8::from(stopped.reason == reason));
    assert_eq!(foreign, 1);
}

async fn a_panic_goes_on() {
    let out = caught(settled::<String>().run(async |s| {
        let child = s.spawn(async { panic!("out of paper") as Result<(), String> });
        let child = child.await;
        let error = caught(async { child.map_err(TaskError::into_error) }).await;
        Ok(error.unwrap_err())
    }))
    .await;
    assert_eq!(out.unwrap().unwrap().value, "out of paper");
}

on_every_runtime!(
    a_failure_comes_out_as_it_was_returned,
    a_cancellation_is_what_the_error_makes_of_it,
    a_panic_goes_on,
);
