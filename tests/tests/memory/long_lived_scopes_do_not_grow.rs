//! A scope that lives for months and spawns for ever takes as much memory as the children that are alive in it.

use std::time::Duration;

use purview::{cancelled, fail_fast, scope, settled};
use purview_tests::{TestClock, by_hand, yield_now};

use crate::meter::Meter;

const WARM_UP: usize = 1_000;
const CHILDREN: usize = 100_000;

#[test]
fn while_the_body_spawns_and_awaits() {
    let meter = Meter::take_turn();
    by_hand(scope(async |s| {
        let mut before = 0;
        for i in 0..CHILDREN {
            if i == WARM_UP {
                before = meter.bytes();
            }
            assert_eq!(s.spawn(async move { i }).await, i);
        }
        meter.assert_back_to(before);
    }))
    .finish();
}

#[test]
fn while_the_body_spawns_and_never_awaits() {
    let meter = Meter::take_turn();
    by_hand(scope(async |s| {
        let mut before = 0;
        for i in 0..CHILDREN {
            if i == WARM_UP {
                before = meter.bytes();
            }
            drop(s.spawn(yield_now()));
            while s.len() > 10 {
                yield_now().await;
            }
        }
        meter.assert_back_to(before);
    }))
    .finish();
}

#[test]
fn while_children_spawn_their_successors() {
    fn successor<'env>(s: &purview::Scope<'env, purview::JoinAll>, meter: &'env Meter, left: usize, before: usize) {
        let handle = s.clone();
        drop(s.spawn(async move {
            let before = if left == CHILDREN - WARM_UP {
                meter.bytes()
            } else {
                before
            };
            match left {
                0 => meter.assert_back_to(before),
                _ => successor(&handle, meter, left - 1, before),
            }
        }));
    }
    let meter = Meter::take_turn();
    by_hand(scope(async |s| successor(&s, &meter, CHILDREN, 0))).finish();
}

#[test]
fn while_settled_children_are_cancelled_alone() {
    let meter = Meter::take_turn();
    let mut run = by_hand(settled::<()>().run(async |s| {
        let mut before = 0;
        for i in 0..CHILDREN {
            if i == WARM_UP {
                before = meter.bytes();
            }
            let task = s.spawn(std::future::pending::<Result<(), ()>>());
            task.cancel();
            assert!(task.await.is_err());
        }
        meter.assert_back_to(before);
        Ok(())
    }));
    assert!(run.finish().is_ok());
}

#[test]
fn while_failures_are_awaited() {
    let meter = Meter::take_turn();
    let mut run = by_hand(settled::<()>().run(async |s| {
        let mut before = 0;
        for i in 0..CHILDREN {
            if i == WARM_UP {
                before = meter.bytes();
            }
            assert!(s.spawn(async { Err::<(), _>(()) }).await.is_err());
        }
        meter.assert_back_to(before);
        Ok(())
    }));
    assert!(run.finish().is_ok());
}

#[test]
fn while_its_deadline_is_moved() {
    let meter = Meter::take_turn();
    let clock = TestClock::new();
    let mut run = by_hand(
        fail_fast::<()>()
            .runtime(clock.clone())
            .timeout(Duration::from_secs(1))
            .run(async |s| {
                let mut before = 0;
                for i in 0..CHILDREN / 10 {
                    if i == WARM_UP {
                        before = meter.bytes();
                    }
                    s.set_deadline(purview::Timer::now(&clock) + Duration::from_secs(1))
                        .expect("it runs");
                    yield_now().await;
                }
                meter.assert_back_to(before);
                Ok(())
            }),
    );
    assert!(run.finish().is_ok());
}

#[test]
fn an_open_scope_fed_from_outside() {
    let meter = Meter::take_turn();
    let (service, driver) = settled::<()>().open();
    let mut driver = by_hand(driver);
    let mut before = 0;
    for i in 0..CHILDREN {
        if i == WARM_UP {
            before = meter.bytes();
        }
        drop(service.spawn(async { Ok(()) }));
        assert!(driver.poll_until_idle().is_pending());
    }
    meter.assert_back_to(before);
    drop(service);
    assert!(driver.finish().is_ok());
}

#[test]
fn while_scopes_come_and_go_in_a_shutdown() {
    let meter = Meter::take_turn();
    let (service, driver) = fail_fast::<()>().runtime(TestClock::new()).open();
    service.spawn::<(), _>(async {
        cancelled().await;
        loop {
            // It hears of the shutdown, and goes on.
            scope(async |s| s.spawn(yield_now()).await).await;
        }
    });
    let mut driver = by_hand(driver);
    assert!(driver.poll_until_idle().is_pending());
    let mut shutdown = by_hand(service.shutdown(Duration::from_secs(3600)));
    assert!(shutdown.poll().is_pending());
    let mut before = 0;
    for i in 0..CHILDREN / 10 {
        if i == WARM_UP {
            before = meter.bytes();
        }
        assert!(driver.poll().is_pending());
    }
    meter.assert_back_to(before);
    let mut at_once = by_hand(service.shutdown(Duration::ZERO));
    assert!(at_once.poll().is_pending());
    driver.finish().expect("no child failed");
    assert_eq!(shutdown.finish().cut.len(), 1);
}

#[test]
fn children_whose_token_is_asked_for_after_the_end() {
    let meter = Meter::take_turn();
    let mut before = 0;
    for i in 0..CHILDREN / 10 {
        if i == WARM_UP {
            before = meter.bytes();
        }
        let mut kept = None;
        let slot = &mut kept;
        by_hand(scope(async |s| *slot = Some(s.clone()))).finish();
        assert!(kept.expect("it ran").token().is_cancelled());
    }
    meter.assert_back_to(before);
}
