//! A waker that panics as a permit is refused kept the scopes inside from hearing that nobody waits for them any more.

use std::{
    future::pending,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    sync::atomic::Ordering::SeqCst,
    time::Duration,
};

use futures::{StreamExt, stream::FuturesUnordered};
use purview::{fail_fast, scope, shield};
use purview_tests::{Gate, Log, TestClock, Trap, by_hand, hostile_waker};

#[test]
fn the_scope_inside_is_told_all_the_same() {
    let (clock, gate, log) = (TestClock::new(), Gate::new(), Log::new());
    let (service, driver) = fail_fast::<&str>().runtime(clock.clone()).limit(2).open();
    let inner = log.clone();
    service.spawn(async move {
        let tidies_up = scope(async |s| {
            s.defer(async { inner.note("tidied up") });
            s.spawn(pending::<()>()).await;
        });
        pin!(FuturesUnordered::from_iter([tidies_up])).next().await;
        Ok(())
    });
    let opened = gate.wait();
    service.spawn(shield(async {
        opened.await;
        Err::<(), _>("no")
    }));
    let mut driver = by_hand(driver);
    assert!(driver.poll_until_idle().is_pending());
    let (waker, armed) = hostile_waker(Trap::Wake);
    let mut next = by_hand(service.permit());
    assert!(
        next.poll().is_pending(),
        "the place of the one that fails goes to this one"
    );
    let mut permit = by_hand(service.permit());
    armed.store(false, SeqCst);
    assert!(permit.poll_with(&waker).is_pending());
    let mut shutdown = by_hand(service.shutdown(Duration::from_secs(3600)));
    assert!(shutdown.poll().is_pending());
    assert!(driver.poll_until_idle().is_pending());
    armed.store(true, SeqCst);
    gate.open();
    let ended = catch_unwind(AssertUnwindSafe(|| driver.finish()));
    armed.store(false, SeqCst);
    let panic = ended.expect_err("the waker's panic is not swallowed");
    let message = panic.downcast_ref::<String>().expect("it is text");
    assert!(message.contains("waker's Wake"), "{message}");
    assert!(log.has("tidied up"));
}
