//! Gathers whose runtime's timers panic when they are dropped.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    time::Duration,
};

use purview::gather;
use purview_tests::{Gate, by_hand, watched};

use crate::bad_timers::BadTimers;

// Failed: as with a scope, the timer was cleared before the end: a gather whose timer's destructor panicked had not ended.
// Section 4, After the end.
#[test]
fn a_timers_destructor_does_not_keep_a_gather_from_ending() {
    watched(|| {
        let gate = Gate::new();
        let wait = gate.wait();
        let member = async move {
            wait.await;
            Ok::<_, ()>(7)
        };
        let mut all = by_hand(gather([member]).runtime(BadTimers).timeout(Duration::from_secs(3600)));
        assert!(all.poll_until_idle().is_pending());
        gate.open();
        assert!(catch_unwind(AssertUnwindSafe(|| all.poll_until_idle())).is_err());
        let again = catch_unwind(AssertUnwindSafe(|| all.poll())).expect_err("the gather has ended");
        let said = again.downcast_ref::<&str>().expect("a text");
        assert_eq!(*said, "a gather must not be polled after it has completed");
    });
}
