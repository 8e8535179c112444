//! It made the scope take the embedded runtime, whatever the scope that its driver was then polled in ran on.

use std::{future::pending, time::Duration};

use purview::{checkpoint, shield};
use purview_core::fail_fast;
use purview_tests::{TestClock, by_hand};

#[test]
fn it_is_over_when_that_clock_says_so() {
    let clock = TestClock::new();
    let mut run = by_hand(fail_fast::<()>().runtime(clock.clone()).run(async |outer| {
        let (service, driver) = fail_fast::<()>().open();
        service.spawn(shield(pending::<Result<(), _>>()));
        let shutdown = outer.spawn(async move { Ok(service.shutdown(Duration::from_secs(5)).await) });
        checkpoint().await;
        driver.await.expect("no child failed");
        Ok(shutdown.await.cut.len())
    }));
    assert!(run.poll_until_idle().is_pending());
    clock.advance(Duration::from_secs(5));
    assert_eq!(run.finish().expect("no child failed"), 1);
}
