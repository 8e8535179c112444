//! Of [`start`](purview::Scope::start).

use std::{
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Waker},
};

use purview::{Ready, fail_fast};
use purview_tests::{by_hand, watched};

// Failed: `start` says that the child is ready, the scope that no child failed; the error is nowhere. Docs of `start`: "What
// the child does before `Ready::set` .. an error is returned here"; section 4, Fail-fast.
#[test]
fn an_error_is_not_lost_because_readiness_is_reported_afterwards() {
    watched(|| {
        let slot: Arc<Mutex<Option<Ready<u8>>>> = Arc::default();
        let (open, driver) = fail_fast::<&str>().open();
        let mut driver = by_hand(driver);
        let keeps = slot.clone();
        let mut start = open.start(async move |ready| {
            *keeps.lock().unwrap() = Some(ready);
            Err::<(), _>("broken")
        });
        let mut cx = Context::from_waker(Waker::noop());
        assert!(Pin::new(&mut start).poll(&mut cx).is_pending());
        assert!(driver.poll_until_idle().is_pending());
        let ready = slot.lock().unwrap().take().unwrap();
        let _ = ready.set(1);
        let started = by_hand(start).finish();
        open.close();
        let out = driver.finish();
        assert!(started.is_err() || out.is_err(), "the child's error");
    });
}
