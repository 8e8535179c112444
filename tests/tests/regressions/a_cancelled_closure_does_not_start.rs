//! Issue 5: "a closure that started is waited for, one that did not start is skipped on cancellation."

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering::SeqCst},
};

use purview::{TaskError, settled};
use purview_tests::{HandExecutor, by_hand, watched};

// Failed: the pool starts a closure that was cancelled before.
#[test]
fn a_closure_that_was_cancelled_alone_does_not_start() {
    watched(|| {
        let (executor, ran) = (HandExecutor::new(), Arc::new(AtomicBool::new(false)));
        let (open, driver) = settled::<()>().runtime(executor.clone()).open();
        let mut driver = by_hand(driver);
        let runs = ran.clone();
        let task = open.spawn_blocking(move |_| {
            runs.store(true, SeqCst);
            Ok(1)
        });
        assert!(driver.poll_until_idle().is_pending());
        assert_eq!(executor.closures(), 1);
        task.cancel();
        executor.run_closure();
        assert!(!ran.load(SeqCst), "it had not started when it was cancelled");
        open.close();
        assert!(driver.finish().is_ok());
        let out = by_hand(task).finish();
        assert!(matches!(out, Err(TaskError::Cancelled(_))), "{out:?}");
    });
}
