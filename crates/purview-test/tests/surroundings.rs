//! Whatever a virtual runtime polls uses it, in a scope or not.

use std::time::{Duration, Instant};

use purview_core::{fail_fast, sleep, timeout};
use purview_test::{VirtualRuntime, explore, run};

const HOUR: Duration = Duration::from_secs(3600);

fn here() -> VirtualRuntime {
    VirtualRuntime::current().expect("polled by one")
}

#[test]
fn a_future_spawned_on_it_sleeps_on_its_clock() {
    let began = Instant::now();
    let slept = run(async {
        let (send, receive) = futures::channel::oneshot::channel();
        here().spawn(async {
            sleep(HOUR).await;
            let _ = send.send(here().elapsed());
        });
        receive.await
    });
    assert_eq!(slept, Ok(HOUR));
    assert!(began.elapsed() < HOUR);
}

#[test]
fn a_driver_spawned_on_it_uses_it_without_being_told() {
    let elapsed = explore(30, || async {
        let (open, driver) = fail_fast::<&str>().open();
        here().spawn(async {
            let _ = driver.await;
        });
        let task = open.spawn(async {
            sleep(HOUR).await;
            Ok(here().elapsed())
        });
        let parallel = open.spawn_parallel(async { Ok(here().elapsed()) });
        (task.await, parallel.await)
    });
    assert_eq!(elapsed, (HOUR, Duration::ZERO));
}

#[test]
fn what_is_blocked_on_uses_it_without_a_scope_around() {
    let rt = VirtualRuntime::new();
    let late = rt.block_on(timeout(HOUR, sleep(2 * HOUR)));
    assert!(late.is_err());
    assert_eq!(rt.elapsed(), HOUR);
}

#[test]
fn the_innermost_of_several_is_used() {
    run(async {
        sleep(HOUR).await;
        let inner = VirtualRuntime::new();
        std::thread::scope(|s| {
            s.spawn(|| inner.block_on(sleep(2 * HOUR)));
        });
        assert_eq!((here().elapsed(), inner.elapsed()), (HOUR, 2 * HOUR));
    });
    let outside = Instant::now();
    purview_core::block_on(sleep(Duration::from_millis(1)));
    assert!(
        outside.elapsed() >= Duration::from_millis(1),
        "it is over with the runtime"
    );
}
