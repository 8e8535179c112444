//! Design 4, Cancellation: "Children that hold are polled on until they let go or finish"; a timeout is a scope of its
//! own, and its task stops when it has released its hold.

use std::{
    future::{pending, poll_fn},
    pin::Pin,
    sync::{Arc, Mutex},
    task::Poll,
    time::Duration,
};

use futures::FutureExt;
use purview::{fail_fast, shield, timeout};
use purview_tests::{TestClock, by_hand, watched};

type Shielded = Pin<Box<dyn Future<Output = ()> + Send>>;

const SECOND: Duration = Duration::from_secs(1);

// Failed: releasing the hold wakes nothing, because the frame of a timeout has no place to wake. A child of a scope is woken in
// the same case (parallel/a_hold_released_on_another_thread.rs, `so_is_a_plain_one`).
#[test]
fn a_timeout_ends_when_a_hold_is_let_go_elsewhere() {
    watched(|| {
        let clock = TestClock::new();
        let slot: Arc<Mutex<Option<Shielded>>> = Arc::default();
        let given = slot.clone();
        let mut run = by_hand(fail_fast::<&str>().runtime(clock.clone()).run(async |_| {
            let out = timeout(SECOND, async move {
                let mut shielded: Shielded = Box::pin(shield(pending()));
                poll_fn(|_| {
                    assert!((&mut shielded).now_or_never().is_none());
                    Poll::Ready(())
                })
                .await;
                *given.lock().unwrap() = Some(shielded);
                pending::<()>().await;
            });
            Ok(out.await)
        }));
        assert!(run.poll_until_idle().is_pending());
        clock.advance(2 * SECOND);
        assert!(run.poll_until_idle().is_pending(), "it holds");
        let shielded = slot.lock().unwrap().take();
        drop(shielded);
        assert!(matches!(run.finish(), Ok(Err(_))));
    });
}
