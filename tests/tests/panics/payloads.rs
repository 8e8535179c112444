//! The payload of a panic arrives as it was thrown.

use std::panic::{AssertUnwindSafe, panic_any};

use futures::FutureExt;
use purview::{Panic, Task, TaskError, scope, settled, shield};
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

/// Panics when it is dropped, with a payload that does the same; so many times.
struct Explodes(u32);

impl Drop for Explodes {
    fn drop(&mut self) {
        if let Some(left) = self.0.checked_sub(1) {
            panic_any(Self(left));
        }
    }
}

async fn one_that_is_dropped_lets_no_panic_of_its_own_out_nor_one_of_the_payload_of_that() {
    let panics = || {
        shield(async {
            yield_now().await;
            panic_any(Explodes(3))
        })
    };
    let out = AssertUnwindSafe(scope(async |s| {
        for _ in 0..3 {
            s.spawn::<(), _>(panics());
        }
    }));
    let first = out.catch_unwind().await.expect_err("they panicked");
    let first = first.downcast::<Explodes>().expect("as it was thrown");
    assert_eq!(first.0, 3);
    std::mem::forget(first);
}

on_every_runtime!(
    one_that_is_dropped_lets_no_panic_of_its_own_out_nor_one_of_the_payload_of_that,
    a_payload_of_any_type_is_intact_in_the_caller,
    a_panic_tells_its_message_whether_it_was_formatted_or_not,
    a_panic_can_be_printed,
    a_panic_gives_its_payload_away_or_goes_on,
);
