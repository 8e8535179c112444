//! What is known of a task from its polls: what they took, since when there was none, and what it waits for.

use std::{
    future::pending,
    sync::{Arc, Mutex},
    time::Duration,
};

use purview::{
    TaskInfo, fail_fast,
    inspect::{Observer, Options, WaitsFor},
    scope, settled, shield,
};
use purview_tests::{Gate, by_hand, yield_now};

use crate::{inspected, never, node};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn what_a_child_took_that_has_ended_is_no_time_of_the_next() {
    let (inspector, _installed, clock) = inspected(Options::new());
    let mut run = by_hand(settled::<()>().run(async |s| {
        s.task().name("ends").spawn(async {
            clock.advance(5 * SECOND);
            Ok(())
        });
        s.task().name("next").spawn(async {
            clock.advance(SECOND);
            never().await
        });
        never().await
    }));
    // In one pass: nothing else shows that time has passed.
    assert!(run.poll().is_pending());
    let tree = inspector.snapshot();
    let next = node(&tree, "next");
    assert_eq!((next.polls, next.busy), (1, Some(SECOND)), "{tree}");
}

/// What each poll took.
#[derive(Clone, Default)]
struct Took(Arc<Mutex<Vec<Duration>>>);

impl Observer for Took {
    fn polled(&self, _: &TaskInfo, took: Duration) {
        self.0.lock().expect("not poisoned").push(took);
    }
}

#[test]
fn observers_are_told_what_each_poll_took_the_last_one_too() {
    let took = Took::default();
    let (_inspector, _installed, clock) = inspected(Options::new().observer(took.clone()));
    by_hand(scope(async |_| {
        clock.advance(2 * SECOND);
        yield_now().await;
        clock.advance(3 * SECOND);
    }))
    .finish();
    assert_eq!(*took.0.lock().expect("not poisoned"), [2 * SECOND, 3 * SECOND]);
}

#[test]
fn a_child_that_was_told_alone_was_not_polled_since_however_often_it_was_before() {
    let (inspector, _installed, _) = inspected(Options::new());
    let (service, driver) = settled::<()>().open();
    let mut driver = by_hand(driver);
    let gate = Gate::new();
    let holds = gate.wait();
    let task = service.task().name("holds").spawn(shield(async {
        yield_now().await;
        holds.await;
        never().await
    }));
    assert!(driver.poll_until_idle().is_pending());
    task.cancel();
    let tree = inspector.snapshot();
    assert_eq!(node(&tree, "holds").polls, 2);
    assert!(node(&tree, "holds").is_deaf(), "{tree}");
    gate.open();
    assert!(driver.poll_until_idle().is_pending());
    let tree = inspector.snapshot();
    assert!(!node(&tree, "holds").is_deaf(), "{tree}");
}

#[test]
fn a_child_that_waits_for_a_place_waits_for_room() {
    let (inspector, _installed, _) = inspected(Options::new());
    let mut run = by_hand(fail_fast::<()>().name("feed").run(async |s| {
        let _items = s.produce(1, async |tx| {
            let _place = tx.reserve().await.map_err(drop)?;
            tx.reserve().await.map_err(drop)?.send(1);
            Ok(())
        });
        pending::<Result<(), ()>>().await
    }));
    assert!(run.poll_until_idle().is_pending());
    let tree = inspector.snapshot();
    assert!(matches!(node(&tree, "feed/1").waits[..], [WaitsFor::Room]), "{tree}");
}
