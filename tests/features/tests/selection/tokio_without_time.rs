//! A tokio runtime built without a time driver keeps time with the embedded timer.

use std::{convert::Infallible, future::pending, time::Duration};

use tokio::runtime::Builder;

#[test]
fn deadlines_fire_in_a_tokio_runtime_without_time_driver() {
    let soon = Duration::from_millis(1);
    let runtime = Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        purview::sleep(soon).await;
        assert!(purview::timeout(soon, pending::<()>()).await.is_err());
        let scope = purview::fail_fast::<Infallible>().timeout(soon);
        let late = scope.run(async |s| {
            let _task = s.spawn_parallel(pending::<Result<(), Infallible>>());
            Ok(())
        });
        assert!(late.await.unwrap_err().is_deadline_exceeded());
    });
}
