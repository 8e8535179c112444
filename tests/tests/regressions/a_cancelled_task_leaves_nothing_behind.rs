//! Its frame was left in a list of the scope that it keeps alive: the two kept each other for ever.

use std::{future::pending, sync::Arc};

use purview::{checkpoint, context_key, fail_fast, scope};
use purview_tests::by_hand;

context_key! { static KEPT: Arc<()>; }

#[test]
fn in_a_scope_that_ends_in_the_poll_of_the_cancel() {
    let kept = Arc::new(());
    let run = KEPT.scope(kept.clone(), async {
        scope(async |s| {
            let task = s.spawn(pending::<()>());
            checkpoint().await;
            task.cancel();
        })
        .await;
    });
    by_hand(run).finish();
    assert_eq!(Arc::strong_count(&kept), 1);
}

#[test]
#[expect(clippy::async_yields_async, reason = "the task is wanted, not what it yields")]
fn in_a_scope_that_is_dropped_before_it_looks() {
    let kept = Arc::new(());
    let (service, driver) = fail_fast::<()>().open();
    let task = by_hand(KEPT.scope(kept.clone(), async { service.spawn(pending::<Result<(), ()>>()) })).finish();
    let mut driver = by_hand(driver);
    assert!(driver.poll_until_idle().is_pending());
    task.cancel();
    drop((driver, task, service));
    assert_eq!(Arc::strong_count(&kept), 1);
}
