//! `start` returns when the child says that it is ready; until then its troubles are the starter's.

use std::future::pending;

use purview::{AlreadyReady, CancelReason, FailFast, Scope, StartError, fail_fast, settled, try_scope};
use purview_tests::{Gate, Log, by_hand, caught, on_every_runtime, polled_on_every_runtime, yield_now, yields};

async fn it_gives_what_the_child_is_ready_with_and_the_child_stays() {
    let log = Log::new();
    let value = try_scope(async |s| {
        let port = s.start(async |ready| {
            yields(3).await;
            ready.set(80_u16).ok();
            yields(3).await;
            log.note("the child went on");
            Ok::<_, &str>(())
        });
        let port = port.await;
        log.note("started");
        assert_eq!(s.len(), 1, "it belongs to the scope");
        Ok(port.ok())
    });
    assert_eq!(value.await, Ok(Some(80)));
    assert_eq!(log.entries(), ["started", "the child went on"]);
}

async fn the_child_may_borrow_and_so_may_the_value() {
    let name = "borrowed".to_owned();
    let started = try_scope(async |s| {
        let text: Result<&str, StartError<()>> = s
            .start(async |ready| {
                ready.set(name.as_str()).ok();
                Ok(())
            })
            .await;
        Ok(text.ok())
    });
    assert_eq!(started.await, Ok(Some("borrowed")));
}

async fn an_error_before_it_is_ready_is_returned_and_does_not_fail_the_scope() {
    let value = try_scope(async |s| {
        let failed: Result<(), _> = s.start(async |_ready| Err::<(), _>("port taken")).await;
        assert!(matches!(failed, Err(StartError::Failed("port taken"))), "{failed:?}");
        yield_now().await;
        assert!(!s.is_cancelled());
        Ok(7)
    });
    assert_eq!(value.await, Ok(7));
}

async fn an_error_after_it_was_ready_fails_the_scope() {
    let failed = try_scope(async |s| {
        let started = s.start(async |ready| {
            ready.set(()).ok();
            yield_now().await;
            Err::<(), _>("crashed later")
        });
        assert!(started.await.is_ok());
        pending::<Result<(), _>>().await
    });
    assert_eq!(failed.await, Err("crashed later"));
}

async fn a_panic_before_it_is_ready_is_returned_and_does_not_fail_the_scope() {
    let value = try_scope(async |s| {
        let panicked: Result<(), StartError<()>> =
            s.start(async |_ready| if true { panic!("boom") } else { Ok(()) }).await;
        assert!(
            matches!(&panicked, Err(StartError::Panicked(p)) if p.message() == Some("boom")),
            "{panicked:?}"
        );
        Ok(7)
    });
    assert_eq!(value.await, Ok(7));
}

async fn a_panic_after_it_was_ready_goes_on_in_the_caller() {
    let panicked = caught(try_scope(async |s| {
        let started = s.start(async |ready| {
            ready.set(()).ok();
            yield_now().await;
            if true { panic!("boom") } else { Ok::<_, ()>(()) }
        });
        assert!(started.await.is_ok());
        pending::<Result<(), ()>>().await
    }));
    assert_eq!(panicked.await, Err("boom".into()));
}

async fn ending_without_being_ready_is_an_error_of_its_own() {
    let value = try_scope(async |s| {
        let never: Result<(), StartError<()>> = s.start(async |_ready| Ok(())).await;
        assert!(matches!(never, Err(StartError::NeverReady)), "{never:?}");
        let dropped: Result<(), StartError<()>> = s
            .start(async |ready| {
                drop(ready);
                yields(3).await;
                Ok(())
            })
            .await;
        assert!(matches!(dropped, Err(StartError::NeverReady)), "{dropped:?}");
        Ok(())
    });
    assert_eq!(value.await, Ok::<_, ()>(()));
}

async fn being_ready_twice_is_an_error() {
    let value = try_scope(async |s| {
        let started = s.start(async |ready| {
            assert_eq!(ready.set(1), Ok(()));
            assert_eq!(ready.set(2), Err(AlreadyReady));
            Ok::<_, ()>(())
        });
        Ok(started.await.ok())
    });
    assert_eq!(value.await, Ok(Some(1)));
}

fn a_start_that_is_dropped_cancels_only_that_child() {
    let (log, gate) = (Log::new(), Gate::new());
    let mut run = by_hand(try_scope(async |s| {
        let sibling = s.spawn(async {
            gate.wait().await;
            Ok(7)
        });
        let mut start = by_hand(s.start::<(), (), _, _>(|_ready| log.traced("child", pending::<Result<(), &str>>())));
        assert!(start.poll().is_pending());
        yield_now().await;
        drop(start);
        yield_now().await;
        log.note("dropped the start");
        Ok(sibling.await)
    }));
    assert!(run.poll_until_idle().is_pending());
    assert!(log.has("child dropped") && log.has("dropped the start"));
    gate.open();
    assert_eq!(run.finish(), Ok(7));
}

fn a_scope_is_open_while_a_start_is_pending_and_resolves_when_it_crashes() {
    let gate = Gate::new();
    let mut run = by_hand(fail_fast::<&str>().run(async |s: Scope<'_, FailFast<&str>>| {
        let start = s.start::<(), (), _, _>(async |_ready| {
            gate.wait().await;
            Err("crashed")
        });
        // Something else awaits it: the body ends.
        let task = s.spawn(async move { Ok(start.await.map_err(|e| e.to_string())) });
        drop(task);
        Ok(())
    }));
    assert!(run.poll_until_idle().is_pending());
    gate.open();
    assert!(run.finish().is_ok());
}

async fn a_child_that_is_cancelled_before_it_is_ready_says_so() {
    let settlement = settled::<&str>().run(async |s| {
        let start = s.start::<(), (), _, _>(async |_ready| pending().await);
        s.cancel_with("enough");
        let outcome = start.await;
        Ok(matches!(outcome, Err(StartError::Cancelled(CancelReason::Requested(Some(why)))) if why == "enough"))
    });
    assert!(settlement.await.expect("the body had its value").value);
}

on_every_runtime!(
    it_gives_what_the_child_is_ready_with_and_the_child_stays,
    the_child_may_borrow_and_so_may_the_value,
    an_error_before_it_is_ready_is_returned_and_does_not_fail_the_scope,
    an_error_after_it_was_ready_fails_the_scope,
    a_panic_before_it_is_ready_is_returned_and_does_not_fail_the_scope,
    a_panic_after_it_was_ready_goes_on_in_the_caller,
    ending_without_being_ready_is_an_error_of_its_own,
    being_ready_twice_is_an_error,
    a_child_that_is_cancelled_before_it_is_ready_says_so,
);
polled_on_every_runtime!(
    a_start_that_is_dropped_cancels_only_that_child,
    a_scope_is_open_while_a_start_is_pending_and_resolves_when_it_crashes,
);
