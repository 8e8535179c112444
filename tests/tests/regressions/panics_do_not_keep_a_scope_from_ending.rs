//! Panics of other people's destructors and wakers at the end of a scope.

use std::{
    future::{pending, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex},
    task::Poll,
    time::Duration,
};

use purview::{BoxFuture, CancelReason, FailFast, Scope, fail_fast, settled};
use purview_tests::{PanicsOnDrop, Trap, by_hand, hostile_waker, watched};

use crate::bad_timers::BadTimers;

// Failed: the timer's panic keeps the scope from ending: its token never fires, and a wait for the end never returns.
// Section 4, After the end: "The scope's token fires with `Ended` (its waiters are released)".
#[test]
fn a_timers_destructor_does_not_keep_the_scope_from_ending() {
    watched(|| {
        let (open, driver) = settled::<()>()
            .runtime(BadTimers)
            .timeout(Duration::from_secs(3600))
            .open();
        let mut driver = by_hand(driver);
        assert!(driver.poll_until_idle().is_pending(), "the timer is made");
        open.close();
        assert!(catch_unwind(AssertUnwindSafe(|| driver.poll_until_idle())).is_err());
        drop(driver);
        assert_eq!(open.token().reason(), Some(CancelReason::Ended));
    });
}

// Failed: a panic of a waker far out, while the finalizer of a scope inside is dropped, keeps that scope from ending.
// Section 4: "A panic in one child's destructor does not keep the others from being dropped"; After the end, as above.
#[test]
fn a_wakers_panic_does_not_keep_a_dropped_scope_from_ending() {
    watched(|| {
        let slot: Arc<Mutex<Option<BoxFuture>>> = Arc::default();
        let token: Arc<Mutex<Option<Scope<'static, FailFast<()>>>>> = Arc::default();
        let (seen, keep) = (token.clone(), slot.clone());
        *slot.lock().unwrap() = Some(Box::pin(async move {
            let _ = fail_fast::<()>()
                .run(async |s| {
                    *seen.lock().unwrap() = Some(s.clone());
                    s.defer(pending::<()>());
                    pending::<Result<(), ()>>().await
                })
                .await;
        }));
        let (open, driver) = settled::<()>().open();
        let mut driver = by_hand(driver);
        open.spawn(poll_fn(move |cx| {
            let mut inner = keep.lock().unwrap();
            inner
                .as_mut()
                .map_or(Poll::Pending, |inner| inner.as_mut().poll(cx))
                .map(Ok)
        }));
        assert!(driver.poll_until_idle().is_pending());
        open.cancel();
        assert!(
            driver.poll_until_idle().is_pending(),
            "a finalizer is pending, so the child holds"
        );
        let (waker, armed) = hostile_waker(Trap::Wake);
        armed.store(false, std::sync::atomic::Ordering::SeqCst);
        assert!(driver.poll_with(&waker).is_pending());
        armed.store(true, std::sync::atomic::Ordering::SeqCst);
        let inner = slot.lock().unwrap().take();
        let _ = catch_unwind(AssertUnwindSafe(|| drop(inner)));
        armed.store(false, std::sync::atomic::Ordering::SeqCst);
        drop(open);
        let _ = driver.poll_until_idle();
        let inside = token.lock().unwrap().take().unwrap();
        let mut ended = by_hand(async move { inside.shutdown(Duration::ZERO).await });
        assert!(ended.poll_until_idle().is_ready(), "the scope inside was dropped");
    });
}

// Failed: the place is lost, and the child that waits for it never starts; the driver never ends. Section 4, Limits:
// "`spawn` queues", and Ending: the scope resolves when every child has ended.
#[test]
fn a_refused_futures_destructor_does_not_take_a_place_with_it() {
    watched(|| {
        let (open, driver) = settled::<()>().limit(1).open();
        let mut driver = by_hand(driver);
        let scope = open.clone();
        let permit = by_hand(async move { scope.permit().await }).finish();
        let queued = open.spawn(async { Ok(7) });
        assert!(driver.poll_until_idle().is_pending());
        open.close();
        let guard = PanicsOnDrop("the refused future");
        let refused = async move {
            let _guard = guard;
            Ok(())
        };
        assert!(catch_unwind(AssertUnwindSafe(|| permit.spawn(refused))).is_err());
        assert!(driver.poll_until_idle().is_ready(), "the place is free again");
        assert_eq!(by_hand(queued).finish().ok(), Some(7));
    });
}
