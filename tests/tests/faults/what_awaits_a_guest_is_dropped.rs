//! What awaits a guest is dropped, or what drives its scope: the guest ends, and nothing of it is left.

use std::{
    future::pending,
    panic::{AssertUnwindSafe, catch_unwind},
};

use futures::FutureExt;
use purview::{CancelReason, TaskError, settled, shield};
use purview_tests::{AnyRuntime, CallsOnDrop, Gate, by_hand, message_of};

use crate::{
    bomb::{Bomb, pending_with},
    host::Host,
    live::Live,
};

const BOMB: &str = "in drop";

fn by_its_executor(mut host: Host) {
    let (live, gate) = (Live::new(), Gate::new());
    let (service, driver) = settled::<&str>().runtime(host.runtime()).open();
    for held in [gate.wait(), gate.wait()] {
        host.spawn(service.enter(live.within(pending::<Result<(), _>>())).map(drop));
        host.spawn(service.enter(live.within(shield(held).map(Ok))).map(drop));
    }
    host.run_until(|| live.made() == 4);
    for _ in 0..2 {
        // Each is polled at least once: these come behind them.
        let polled = Live::new();
        let last = polled.clone();
        host.spawn(async move { drop(last.value()) });
        host.run_until(|| polled.made() == 1);
    }
    let mut driver = by_hand(driver);
    assert!(driver.poll_until_idle().is_pending());
    host.shut_down();
    assert!(driver.poll_until_idle().is_pending());
    assert_eq!(
        (live.alive(), service.len()),
        (2, 2),
        "those that hold are the driver's"
    );
    gate.open();
    assert!(driver.poll_until_idle().is_pending());
    assert!(service.is_empty());
    live.assert_dropped(4);
    drop(service);
    assert!(driver.finish().is_ok_and(|out| out.failures.is_empty()));
}

fn with_its_driver(mut host: Host) {
    let live = Live::new();
    let (service, driver) = settled::<&str>().runtime(host.runtime()).open();
    host.spawn(driver.map(drop));
    let mut plain = by_hand(service.enter(live.within(pending::<Result<(), _>>())));
    let mut held = by_hand(service.enter(shield(live.within(pending::<Result<(), _>>()))));
    assert!(plain.poll().is_pending() && held.poll().is_pending());
    let last = service.spawn(async { Ok(()) });
    host.run_until(|| last.is_finished());
    host.shut_down();
    live.wait_dropped(2);
    for guest in [plain.finish(), held.finish()] {
        assert!(matches!(
            guest,
            Ok(Err(TaskError::Cancelled(CancelReason::Requested(Some(_)))))
        ));
    }
    assert!(by_hand(service.enter(async { Ok(()) })).finish().is_err());
}

fn while_unwinding_with_destructors_that_panic(runtime: AnyRuntime) {
    let live = Live::new();
    let (service, driver) = settled::<&str>().runtime(runtime).open();
    let mut driver = by_hand(driver);
    let unwound = catch_unwind(AssertUnwindSafe(|| {
        let guests = [(); 3].map(|()| {
            let mut guest = by_hand(service.enter(pending_with(Bomb::new(BOMB, &live))));
            assert!(guest.poll().is_pending());
            guest
        });
        let _unpolled = service.enter(pending_with(Bomb::new(BOMB, &live)));
        let _guests = guests;
        panic!("the first panic");
    }));
    assert_eq!(message_of(&*unwound.expect_err("it panicked")), "the first panic");
    assert!(driver.poll_until_idle().is_pending());
    assert!(service.is_empty());
    live.assert_dropped(4);
    drop(service);
    // Their tasks were dropped with what awaited them: the scope says how they ended.
    let failures = driver.finish().expect("the scope goes on").failures;
    assert_eq!(failures.len(), 4);
    assert!(
        failures
            .iter()
            .all(|failure| matches!(&failure.error, TaskError::Panicked(panic) if panic.message() == Some(BOMB)))
    );
}

fn whose_destructor_calls_the_scope(runtime: AnyRuntime) {
    let live = Live::new();
    let (service, driver) = settled::<&str>().runtime(runtime).limit(2).open();
    let mut driver = by_hand(driver);
    let mut other = Some(service.enter(live.within(pending::<Result<(), _>>())));
    let (handle, inside) = (service.clone(), live.clone());
    let calls = CallsOnDrop(move || {
        drop(other.take());
        drop(handle.enter(inside.within(async { Ok(()) })));
        drop(handle.spawn(inside.within(async { Ok(()) })));
        handle.cancel();
        assert!(by_hand(handle.enter(inside.within(async { Ok(()) }))).finish().is_err());
    });
    let mut guest = by_hand(service.enter(async move {
        let _calls = calls;
        pending::<Result<(), &str>>().await
    }));
    assert!(guest.poll().is_pending());
    drop(guest);
    assert!(driver.finish().is_ok());
    assert!(service.is_empty());
    live.assert_dropped(4);
}

faults! {
    by_hand {
        while_unwinding_with_destructors_that_panic,
        whose_destructor_calls_the_scope,
    }
    hosted {
        by_its_executor,
        with_its_driver,
    }
}
