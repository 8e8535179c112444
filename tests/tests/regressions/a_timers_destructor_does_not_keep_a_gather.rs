//! Gathers whose runtime's timers panic when they are dropped.

use std::{
    future::pending,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::{Arc, Mutex},
    task::Poll,
    time::Duration,
};

use purview::gather;
use purview_tests::{Gate, by_hand, watched};

use crate::bad_timers::BadTimers;

// Failed: as with a scope (`Crew::end` clears the alarm before the state ends): a future that waited for the token of the
// gather, and was carried out of it, is never released. Section 4, After the end.
#[test]
fn a_timers_destructor_does_not_keep_a_gather_from_ending() {
    watched(|| {
        let gate = Gate::new();
        let slot: Arc<Mutex<Option<purview::Cancelled>>> = Arc::default();
        let (keeps, wait) = (slot.clone(), gate.wait());
        let member = async move {
            let mut waits = purview::cancelled();
            std::future::poll_fn(|cx| {
                assert!(Pin::new(&mut waits).poll(cx).is_pending());
                Poll::Ready(())
            })
            .await;
            *keeps.lock().unwrap() = Some(waits);
            wait.await;
            if false {
                pending::<()>().await;
            }
            Ok::<_, ()>(7)
        };
        let mut all = by_hand(gather([member]).runtime(BadTimers).timeout(Duration::from_secs(3600)));
        assert!(all.poll_until_idle().is_pending());
        gate.open();
        assert!(catch_unwind(AssertUnwindSafe(|| all.poll_until_idle())).is_err());
        drop(all);
        let waits = slot.lock().unwrap().take().unwrap();
        assert!(by_hand(waits).poll().is_ready(), "the gather is over");
    });
}
