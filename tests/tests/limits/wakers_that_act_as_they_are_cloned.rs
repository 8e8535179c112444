//! A wait for a place stores a clone of its waker, and a waker is the user's code: by the time it has been cloned
//! there may be nothing to wait for.

use std::{
    future::pending,
    sync::{Arc, Mutex},
    task::Waker,
    time::Duration,
};

use cooked_waker::{IntoWaker, Wake, WakeRef};
use purview::settled;
use purview_tests::{TestClock, by_hand, polled_on_every_runtime};

type Act = Arc<Mutex<(usize, Option<Box<dyn FnOnce() + Send>>)>>;

/// Does something when it is cloned for the nth time.
struct Acts(Act);

impl Clone for Acts {
    fn clone(&self) -> Self {
        let act = {
            let (left, act) = &mut *self.0.lock().expect("not poisoned");
            *left = left.saturating_sub(1);
            if *left == 0 { act.take() } else { None }
        };
        if let Some(act) = act {
            act();
        }
        Self(self.0.clone())
    }
}

impl WakeRef for Acts {
    fn wake_by_ref(&self) {}
}

impl Wake for Acts {}

/// And what tells whether it has.
fn acts(at: usize, act: impl FnOnce() + Send + 'static) -> (Waker, Act) {
    let act: Act = Arc::new(Mutex::new((at, Some(Box::new(act)))));
    (Box::new(Acts(act.clone())).into_waker(), act)
}

fn one_that_gives_the_place_back_has_it_given_to_the_waiter() {
    for at in 1..=3 {
        let (scope, _driver) = settled::<()>().limit(1).open();
        let first = by_hand(scope.permit()).finish();
        let mut second = by_hand(scope.permit());
        let (waker, left) = acts(at, move || drop(first));
        let ready = second.poll_with(&waker).is_ready();
        let acted = left.lock().expect("not poisoned").1.is_none();
        assert_eq!(ready, acted, "at clone {at}");
        assert!(acted || at > 1, "it is cloned at least once");
    }
}

fn one_that_cuts_a_shutdown_short_releases_the_waiter() {
    let clock = TestClock::new();
    let (scope, driver) = settled::<()>().limit(1).runtime(clock).open();
    let mut driver = by_hand(driver);
    scope.spawn(pending::<Result<(), ()>>());
    assert!(driver.poll_until_idle().is_pending());
    let mut shutdown = by_hand(scope.shutdown(Duration::from_secs(1)));
    assert!(shutdown.poll().is_pending());
    let mut permit = by_hand(scope.permit());
    assert!(permit.poll().is_pending(), "others are given time to end");
    let cancels = scope.clone();
    let (waker, left) = acts(1, move || cancels.cancel());
    assert!(permit.poll_with(&waker).is_ready());
    assert!(left.lock().expect("not poisoned").1.is_none());
}

polled_on_every_runtime!(
    one_that_gives_the_place_back_has_it_given_to_the_waiter,
    one_that_cuts_a_shutdown_short_releases_the_waiter,
);
