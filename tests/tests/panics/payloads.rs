//! The payload of a panic arrives as it was thrown.

use std::panic::{AssertUnwindSafe, panic_any};

use futures::FutureExt;
use purview::{Panic, Task, TaskError, scope, settled};
use purview_tests::{on_every_runtime, yield_now};

#[derive(Debug, PartialEq)]
struct Payload(u32);

async fn a_payload_of_any_type_is_intact_in_the_caller() {
    let panicked = AssertUnwindSafe(scope(async |s| {
        s.spawn(async {
            yield_now().await;
            panic_any(Payload(7))
        })
        .await;
    }))
    .catch_unwind()
    .await;
    let payload: Result<(), _> = panicked;
    assert_eq!(payload.expect_err("it panicked").downcast_ref(), Some(&Payload(7)));
}

async fn a_panic_out_of(message: Option<&'static str>) -> Panic {
    let settlement = settled::<()>().run(async |s| {
        let task: Task<Result<(), _>> = s.spawn(async move {
            match message {
                Some(text) if text.len() > 20 => panic!("{text}"),
                Some(text) => panic_any(text),
                None => panic_any(Payload(7)),
            }
        });
        match task.await {
            Err(TaskError::Panicked(panic)) => Ok(panic),
            other => panic!("{other:?}"),
        }
    });
    settlement.await.expect("the body worked").value
}

async fn a_panic_tells_its_message_whether_it_was_formatted_or_not() {
    assert_eq!(a_panic_out_of(Some("short")).await.message(), Some("short"));
    assert_eq!(
        a_panic_out_of(Some("long enough to be formatted")).await.message(),
        Some("long enough to be formatted")
    );
    assert_eq!(a_panic_out_of(None).await.message(), None);
}

async fn a_panic_can_be_printed() {
    let panic = a_panic_out_of(Some("short")).await;
    assert!(panic.to_string().contains("short") && format!("{panic:?}").contains("short"));
    assert!(!a_panic_out_of(None).await.to_string().is_empty());
}

async fn a_panic_gives_its_payload_away_or_goes_on() {
    let payload = a_panic_out_of(None).await.into_payload();
    assert_eq!(*payload.downcast::<Payload>().expect("as it was thrown"), Payload(7));
    let panic = a_panic_out_of(None).await;
    let resumed = std::panic::catch_unwind(AssertUnwindSafe(|| panic.resume()));
    let Err(payload) = resumed;
    assert_eq!(payload.downcast_ref(), Some(&Payload(7)));
}

on_every_runtime!(
    a_payload_of_any_type_is_intact_in_the_caller,
    a_panic_tells_its_message_whether_it_was_formatted_or_not,
    a_panic_can_be_printed,
    a_panic_gives_its_payload_away_or_goes_on,
);
