//! What the model test has found in scopes, each as the smallest program that shows it.

use std::{
    cell::RefCell,
    future::pending,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::atomic::{AtomicU32, Ordering},
    task::{Context, Poll},
    time::Duration,
};

use purview_core::{CancelReason, cancelled, current, fail_fast, gather, scope, settled, shield, sleep};
use purview_test::{VirtualRuntime, yield_now};

const SECOND: Duration = Duration::from_secs(1);

/// A scope inside finds the runtime, and a program that spins is reported.
fn run<T>(program: impl Future<Output = T>) -> T {
    VirtualRuntime::new().max_steps(10_000).run(program)
}

#[test]
fn a_scope_waits_in_peace_for_a_finalizer_after_its_body_was_woken_and_dropped() {
    let outcome = run(fail_fast::<()>().run(async |s| {
        s.defer(sleep(SECOND));
        s.cancel();
        yield_now().await;
        pending::<Result<(), ()>>().await
    }));
    assert_eq!(outcome.unwrap_err().reason(), &CancelReason::Requested(None));
}

#[test]
fn a_scope_waits_in_peace_for_a_shielded_child_after_its_body_was_woken_and_dropped() {
    let outcome = run(fail_fast::<&str>().run(async |s| {
        s.spawn(async {
            shield(sleep(SECOND)).await;
            Ok(())
        });
        s.spawn(async {
            yield_now().await;
            Err::<(), _>("no")
        });
        loop {
            yield_now().await;
        }
        #[allow(unreachable_code, reason = "the loop has no type")]
        Ok(())
    }));
    assert_eq!(outcome.map(|()| 0).unwrap_err().into_failure(), Some("no"));
}

#[test]
fn a_settled_scope_that_begins_too_late_does_not_poll_its_body() {
    let polls = AtomicU32::new(0);
    let body = async |_| {
        polls.fetch_add(1, Ordering::SeqCst);
        Ok::<_, ()>(())
    };
    let outcome = run(settled().timeout(Duration::ZERO).run(body));
    assert_eq!(polls.load(Ordering::SeqCst), 0);
    assert!(outcome.unwrap_err().is_deadline_exceeded());
}

#[test]
fn a_settled_scope_inside_a_cancelled_one_does_not_poll_its_body() {
    let polls = AtomicU32::new(0);
    let outcome = run(fail_fast::<()>().run(async |s| {
        s.cancel();
        let inner = settled::<()>().run(async |_| {
            polls.fetch_add(1, Ordering::SeqCst);
            Ok(())
        });
        assert_eq!(inner.await.unwrap_err().reason(), &CancelReason::Parent);
        Ok(())
    }));
    assert!(outcome.is_ok());
    assert_eq!(polls.load(Ordering::SeqCst), 0);
}

#[test]
fn the_body_of_a_cancelled_settled_scope_gets_one_more_turn_and_not_two() {
    let turns = AtomicU32::new(0);
    let outcome = run(settled::<()>().run(async |s| {
        let task = s.spawn(pending::<Result<(), ()>>());
        s.cancel();
        assert!(task.await.is_err());
        loop {
            turns.fetch_add(1, Ordering::SeqCst);
            yield_now().await;
        }
        #[allow(unreachable_code, reason = "the loop has no type")]
        Ok(())
    }));
    assert!(outcome.map(|settlement| settlement.value).is_err());
    assert_eq!(turns.load(Ordering::SeqCst), 1);
}

#[test]
fn a_cancellation_that_comes_before_a_failure_is_the_reason() {
    let outcome = run(fail_fast().run(async |s| {
        s.cancel_with("enough");
        Err::<(), _>("too late")
    }));
    let error = outcome.unwrap_err();
    assert_eq!(error.reason(), &CancelReason::Requested(Some("enough".into())));
    assert_eq!(error.into_failure(), Some("too late"));
}

#[test]
fn a_settled_scope_whose_body_cancels_it_and_returns_says_that_it_was_stopped() {
    let outcome = run(settled::<()>().run(async |s| {
        s.cancel();
        Ok(1)
    }));
    let settlement = outcome.unwrap();
    assert_eq!(
        (settlement.value, settlement.stopped),
        (1, Some(CancelReason::Requested(None)))
    );
}

#[test]
fn the_panic_of_a_poll_comes_before_that_of_the_destructor() {
    struct PanicsTwice;
    impl Future for PanicsTwice {
        type Output = ();
        fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
            panic!("first");
        }
    }
    impl Drop for PanicsTwice {
        fn drop(&mut self) {
            panic!("second");
        }
    }
    let program = scope(async |s| {
        s.spawn(PanicsTwice);
    });
    let payload = catch_unwind(AssertUnwindSafe(|| run(program))).unwrap_err();
    assert_eq!(payload.downcast_ref(), Some(&"first"));
}

#[test]
fn a_scope_that_begins_too_late_polls_no_child_when_the_outer_deadline_is_due_as_well() {
    let polls = AtomicU32::new(0);
    let outcome = run(fail_fast::<()>().timeout(SECOND).run(async |_| {
        sleep(SECOND).await;
        let inner = fail_fast::<()>().timeout(Duration::ZERO).run(async |_| {
            polls.fetch_add(1, Ordering::SeqCst);
            pending::<Result<(), ()>>().await
        });
        inner.await.map_err(drop)
    }));
    assert!(outcome.unwrap_err().is_deadline_exceeded());
    assert_eq!(polls.load(Ordering::SeqCst), 0);
}

#[test]
fn a_task_that_is_cancelled_before_the_scope_has_seen_it_leaves_the_queue() {
    run(fail_fast::<()>().limit(1).run(async |s| {
        let inside = s.clone();
        let first = s.spawn_parallel(async move {
            let second = inside.spawn(pending::<Result<(), ()>>());
            second.cancel();
            drop(second);
            cancelled().await;
            Ok(())
        });
        VirtualRuntime::current().expect("a virtual runtime").idle().await;
        assert_eq!(s.len(), 1, "the cancelled task still waits for its turn");
        first.cancel();
        Ok(())
    }))
    .unwrap();
}

#[test]
fn the_body_of_a_settled_scope_has_one_last_turn_though_it_lets_go_as_the_grace_ends() {
    let outcome = run(settled::<()>().timeout(SECOND).grace(SECOND).run(async |_| {
        scope(async |s| {
            s.spawn_parallel(shield(sleep(2 * SECOND)));
        })
        .await;
        Ok(())
    }));
    // It held through its last turn, and no task was left to hold for when the grace was over.
    let error = outcome.map(|settlement| settlement.value).unwrap_err();
    assert!(error.is_deadline_exceeded(), "{error:?}");
}

#[test]
fn after_a_gather_the_task_is_still_in_its_scope() {
    let names = run(fail_fast::<()>().name("import").run(async |_| {
        let before = current().map(|task| task.name().to_owned());
        gather([async { Ok::<_, ()>(()) }]).await.ok();
        let after = current().map(|task| task.name().to_owned());
        Ok((before, after))
    }));
    let (before, after) = names.expect("no child fails");
    assert_eq!(before.as_deref(), Some("import"));
    assert_eq!(after, before);
}

#[test]
fn a_gather_whose_last_future_was_woken_and_cut_waits_in_peace_for_the_closure() {
    let told = RefCell::new(Vec::new());
    run(async {
        let late = async {
            sleep(SECOND).await;
            yield_now().await;
            Ok::<_, ()>(())
        };
        let each = gather([late]).timeout(SECOND).for_each(async |at, _| {
            sleep(SECOND).await;
            told.borrow_mut().push(at);
        });
        each.await;
    });
    assert_eq!(told.into_inner(), [0]);
}
