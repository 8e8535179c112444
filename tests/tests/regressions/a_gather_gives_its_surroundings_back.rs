//! Code that ran behind a gather in the same poll found itself outside of every scope.

use std::time::Duration;

use purview::{current, deadline, fail_fast, gather};
use purview_tests::{by_hand, on_every_runtime};

async fn a_child_that_awaited_a_gather_is_still_in_its_scope() {
    let out = fail_fast().timeout(Duration::from_secs(3_600)).run(async |s| {
        let child = s.task().name("gathers").spawn(async {
            let before = (current().map(|task| task.id()), deadline());
            assert!(before.0.is_some() && before.1.is_some());
            gather([async { Ok::<_, &str>(()) }]).await.map_err(|_| "it is one")?;
            assert_eq!((current().map(|task| task.id()), deadline()), before);
            purview::gather!(async { Ok::<_, &str>(()) }, async { Ok(()) })
                .await
                .map_err(|_| "they are two")?;
            assert_eq!((current().map(|task| task.id()), deadline()), before);
            // One that is not over is left in the same way.
            let mut waits = by_hand(gather([std::future::pending::<Result<(), &str>>()]));
            assert!(waits.poll().is_pending());
            assert_eq!((current().map(|task| task.id()), deadline()), before);
            Ok::<_, &str>(())
        });
        child.await;
        Ok(())
    });
    assert!(out.await.is_ok());
}

on_every_runtime!(a_child_that_awaited_a_gather_is_still_in_its_scope);
