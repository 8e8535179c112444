//! What driving a runtime by hand does, and does not.

use std::{future::pending, sync::mpsc, thread, time::Duration};

use purview_core::{Spawner, Timer, block_on, scope};
use purview_test::{Stalled, VirtualRuntime};

struct PanicsOnDrop;

impl Drop for PanicsOnDrop {
    fn drop(&mut self) {
        panic!("on purpose");
    }
}

fn impatient() -> VirtualRuntime {
    VirtualRuntime::new().patience(Duration::ZERO)
}

fn stalled_inside() -> Stalled {
    let stuck = scope(async |s| s.task().name("lost").spawn(pending::<()>()).await);
    impatient().try_block_on(stuck).expect_err("nothing wakes it")
}

#[test]
fn a_destructor_that_panics_does_not_hide_the_stall() {
    let stalled = impatient().try_block_on(async {
        let _panics = PanicsOnDrop;
        pending::<()>().await;
    });
    assert!(stalled.expect_err("nothing wakes it").is_deadlock());
}

#[test]
fn running_until_stalled_leaves_clock_and_closure_alone() {
    let rt = VirtualRuntime::new();
    let (end, ended) = mpsc::channel::<()>();
    rt.spawn_blocking(Box::new(move || assert!(ended.recv().is_err())))
        .expect("it runs");
    rt.spawn(rt.sleep_until(rt.now() + Duration::from_secs(3600)));
    rt.run_until_stalled();
    assert_eq!(rt.elapsed(), Duration::ZERO);
    drop(end);
}

#[test]
fn threads_that_advance_the_clock_add_up() {
    let rt = VirtualRuntime::new().auto_advance(false);
    let advance = || (0..20_000).for_each(|_| rt.advance(Duration::from_nanos(1)));
    thread::scope(|threads| {
        for _ in 0..2 {
            threads.spawn(advance);
        }
    });
    assert_eq!(rt.elapsed(), Duration::from_micros(40));
}

#[test]
fn the_tree_is_shown_wherever_the_runtime_is_driven() {
    for stalled in [
        stalled_inside(),
        block_on(scope(async |_| stalled_inside())),
        VirtualRuntime::new().run(async { stalled_inside() }),
    ] {
        assert!(stalled.to_string().contains("`lost`"), "{stalled}");
    }
}
