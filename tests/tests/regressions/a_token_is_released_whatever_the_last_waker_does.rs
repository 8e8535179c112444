//! A waker of the executor's that panics when it is dropped kept the end of the scope from what waited for it.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::atomic::Ordering::SeqCst,
};

use purview::{CancelReason, scope};
use purview_tests::{Gate, Trap, by_hand, hostile_waker};

#[test]
fn a_panic_in_its_drop_releases_them_all_the_same() {
    let (waker, armed) = hostile_waker(Trap::Drop);
    let (gate, mut token) = (Gate::new(), None);
    let mut run = by_hand(scope(|s| {
        token = Some(s.token());
        gate.wait()
    }));
    assert!(run.poll().is_pending());
    gate.open();
    let polled = catch_unwind(AssertUnwindSafe(|| run.poll_with(&waker)));
    armed.store(false, SeqCst);
    assert!(polled.is_err(), "the panic is not swallowed");
    drop(run);
    let token = token.expect("the body was made");
    assert_eq!(token.reason(), Some(CancelReason::Ended));
}
