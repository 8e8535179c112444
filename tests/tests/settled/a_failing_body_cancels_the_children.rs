//! `settled().run(..)` is an error exactly when the body erred, panicked, or had no value.

use std::future::pending;

use purview::{CancelReason, TaskError, settled};
use purview_tests::{Log, on_every_runtime, yields};

async fn an_error_of_the_body_cancels_all_children_and_is_the_answer() {
    let log = Log::new();
    let failed = settled::<&str>().run(async |s| {
        for name in ["oldest", "newest"] {
            let guard = log.on_drop(name);
            s.spawn(async move {
                let _guard = guard;
                pending::<Result<(), _>>().await
            });
        }
        yields(2).await;
        Err::<(), _>("no")
    });
    let error = failed.await.expect_err("the body failed");
    assert_eq!((error.reason(), error.is_failed()), (&CancelReason::Failed, true));
    assert_eq!(error.into_failure(), Some("no"));
    assert_eq!(log.entries(), ["newest dropped", "oldest dropped"]);
}

async fn a_panic_of_the_body_cancels_all_children_and_is_the_answer() {
    let log = Log::new();
    let failed = settled::<&str>().run(async |s| {
        s.spawn(log.traced("child", pending::<Result<(), _>>()));
        yields(2).await;
        if true {
            panic!("boom");
        }
        Ok(())
    });
    let error = failed.await.expect_err("the body panicked");
    assert_eq!(error.reason(), &CancelReason::Panicked);
    assert!(matches!(&error.failures()[0].error, TaskError::Panicked(p) if p.message() == Some("boom")));
    assert!(log.has("child dropped"));
}

async fn a_body_without_a_value_is_an_error() {
    let none = settled::<&str>().run(async |s| {
        s.cancel_with("enough");
        pending::<Result<(), _>>().await
    });
    let error = none.await.expect_err("there is no value");
    assert_eq!(
        (error.is_cancelled(), error.reason()),
        (true, &CancelReason::Requested(Some("enough".into())))
    );
}

async fn what_unheard_children_failed_with_is_reported_beside_the_error_of_the_body() {
    let failed = settled::<&str>().run(async |s| {
        s.spawn(async { Err::<(), _>("child") });
        yields(3).await;
        Err::<(), _>("body")
    });
    let failures = failed.await.expect_err("the body failed").into_failures();
    let errors: Vec<_> = failures
        .iter()
        .map(|f| {
            if let TaskError::Failed(error) = f.error {
                error
            } else {
                "?"
            }
        })
        .collect();
    assert_eq!(errors.len(), 2, "{errors:?}");
    assert!(errors.contains(&"child") && errors.contains(&"body"), "{errors:?}");
}

on_every_runtime!(
    an_error_of_the_body_cancels_all_children_and_is_the_answer,
    a_panic_of_the_body_cancels_all_children_and_is_the_answer,
    a_body_without_a_value_is_an_error,
    what_unheard_children_failed_with_is_reported_beside_the_error_of_the_body,
);
