//! `scope` and `try_scope` cannot return a cancellation: one of their own panics, one of the parent's never resolves.

use std::{cell::Cell, future::pending, time::Instant};

use purview::{CancelToken, fail_fast, local_scope, scope, shield, try_local_scope, try_scope};
use purview_tests::{
    Gate, Log, by_hand, caught, local_on_every_runtime, on_every_runtime, polled_on_every_runtime, yield_now,
};

async fn cancelled_through_their_handle_they_panic_and_name_fail_fast() {
    let message = caught(scope(async |s| {
        s.cancel();
        pending::<()>().await;
    }));
    let message = message.await.expect_err("there is no value for it");
    assert!(message.contains("fail_fast()"), "{message}");
    let message = caught(try_scope(async |s| {
        s.cancel_with("enough");
        pending::<Result<(), ()>>().await
    }));
    let message = message.await.expect_err("there is no value for it");
    assert!(message.contains("fail_fast()"), "{message}");
}

async fn local_ones_do_the_same() {
    let message = caught(local_scope(async |s| {
        s.cancel();
        pending::<()>().await;
    }));
    assert!(
        message
            .await
            .expect_err("there is no value for it")
            .contains("fail_fast()")
    );
    let message = caught(try_local_scope(async |s| {
        s.cancel();
        pending::<Result<(), ()>>().await
    }));
    assert!(
        message
            .await
            .expect_err("there is no value for it")
            .contains("fail_fast()")
    );
}

async fn past_a_deadline_of_their_own_they_panic_and_name_fail_fast() {
    let message = caught(scope(async |s| {
        s.set_deadline(Instant::now()).expect("it runs");
        pending::<()>().await;
    }));
    let message = message.await.expect_err("there is no value for it");
    assert!(message.contains("fail_fast()"), "{message}");
}

fn everything_is_dropped_before_the_panic() {
    let log = Log::new();
    let mut run = by_hand(caught(scope(async |s| {
        s.spawn(log.traced("child", pending::<()>()));
        yield_now().await;
        s.cancel();
        pending::<()>().await;
    })));
    assert!(run.finish().is_err());
    assert_eq!(log.entries(), ["child polled", "child dropped"]);
}

fn cancelled_after_the_body_returned_they_give_its_value() {
    let gate = Gate::new();
    let mut run = by_hand(scope(async |s| {
        let (handle, gate) = (s.clone(), &gate);
        s.spawn(async move {
            gate.wait().await;
            handle.cancel();
        });
        s.spawn(pending::<()>());
        7
    }));
    assert!(run.poll_until_idle().is_pending());
    gate.open();
    assert_eq!(run.finish(), 7);

    let gate = Gate::new();
    let mut run = by_hand(try_scope(async |s| {
        let (handle, gate) = (s.clone(), &gate);
        s.spawn(async move {
            gate.wait().await;
            handle.cancel();
            Ok::<_, ()>(())
        });
        s.spawn(pending::<Result<(), ()>>());
        Ok(7)
    }));
    assert!(run.poll_until_idle().is_pending());
    gate.open();
    assert_eq!(run.finish(), Ok(7));
}

fn cancelled_from_outside_after_the_body_returned_they_give_its_value_too() {
    for local in [false, true] {
        let (gate, token, value) = (Gate::new(), CancelToken::new(), Cell::new(None));
        let cleans_up = || async {
            shield(gate.wait()).await;
            Ok::<_, ()>(())
        };
        let mut run = by_hand(fail_fast::<()>().cancel_on(&token).run_local(async |_| {
            let inner = if local {
                try_local_scope(async |s| {
                    s.spawn(cleans_up());
                    Ok(7)
                })
                .await
            } else {
                try_scope(async |s| {
                    s.spawn(cleans_up());
                    Ok(7)
                })
                .await
            };
            value.set(Some(inner));
            Ok(())
        }));
        assert!(run.poll_until_idle().is_pending());
        token.cancel();
        assert!(run.poll_until_idle().is_pending(), "a child inside cleans up");
        gate.open();
        assert!(run.finish().is_err());
        assert_eq!(value.take(), Some(Ok(7)));
    }
}

fn cancelled_after_a_failure_they_give_the_failure() {
    let (gate, token) = (Gate::new(), std::sync::Mutex::new(None::<CancelToken>));
    let mut run = by_hand(try_scope(async |s| {
        *token.lock().unwrap() = Some(s.token());
        s.spawn(async {
            shield(gate.wait()).await;
            Ok(())
        });
        yield_now().await;
        Err::<(), _>("no")
    }));
    assert!(run.poll_until_idle().is_pending());
    token.lock().unwrap().take().expect("the body ran").cancel();
    assert!(run.poll_until_idle().is_pending());
    gate.open();
    assert_eq!(run.finish(), Err("no"));
}

fn cancelled_by_their_parent_they_stay_pending_until_it_drops_them() {
    let (token, gate, log) = (CancelToken::new(), Gate::new(), Log::new());
    let mut run = by_hand(fail_fast::<()>().cancel_on(&token).run(async |outer| {
        outer.spawn(async {
            scope(async |inner| {
                inner.spawn(async {
                    shield(gate.wait()).await;
                    log.note("plain: cleaned up");
                });
                pending::<()>().await;
            })
            .await;
            log.note("plain: went on");
            Ok(())
        });
        outer.spawn(async {
            let inner = try_scope(async |inner| {
                inner.spawn(async {
                    shield(gate.wait()).await;
                    log.note("fallible: cleaned up");
                    Ok::<_, ()>(())
                });
                pending::<Result<(), ()>>().await
            });
            log.note(format!("fallible: {:?}", inner.await));
            Ok(())
        });
        pending::<Result<(), ()>>().await
    }));
    assert!(run.poll_until_idle().is_pending());
    token.cancel();
    assert!(run.poll_until_idle().is_pending());
    gate.open();
    assert!(run.finish().expect_err("it was cancelled").is_cancelled());
    assert_eq!(log.entries(), ["plain: cleaned up", "fallible: cleaned up"]);
}

/// What `inner` gives in a task that is cancelled while a shield beside it holds the task.
fn in_a_task_that_is_held<F>(inner: impl FnOnce() -> F) -> Vec<String>
where
    F: Future<Output = Result<i32, &'static str>> + Send + 'static,
{
    let (gate, log, inner) = (Gate::new(), Log::new(), inner());
    let mut run = by_hand(fail_fast::<()>().run(async |s| {
        s.spawn(async {
            let noted = async { log.note(format!("{:?}", caught(inner).await)) };
            futures::future::join(shield(gate.wait()), noted).await;
            Ok(())
        });
        yield_now().await;
        s.cancel();
        pending::<Result<(), _>>().await
    }));
    assert!(run.poll_until_idle().is_pending(), "the shield holds");
    let noted = log.entries();
    gate.open();
    assert!(run.finish().expect_err("it was cancelled").is_cancelled());
    noted
}

fn cancelled_by_their_parent_they_give_what_they_have_while_the_task_around_is_held() {
    let value = in_a_task_that_is_held(|| {
        try_scope(async |inner| {
            inner.spawn(pending::<Result<(), _>>());
            Ok(7)
        })
    });
    assert_eq!(value, ["Ok(Ok(7))"]);
    let failure = in_a_task_that_is_held(|| {
        try_scope(async |inner| {
            inner.spawn(async {
                purview::cancelled().await;
                Err::<(), _>("while it cleaned up")
            });
            pending().await
        })
    });
    assert_eq!(failure, ["Ok(Err(\"while it cleaned up\"))"]);
    let panicked = in_a_task_that_is_held(|| {
        try_scope(async |inner| {
            inner.spawn(async {
                purview::cancelled().await;
                if true {
                    panic!("while it cleaned up");
                }
                Ok(())
            });
            pending().await
        })
    });
    assert_eq!(panicked, ["Err(\"while it cleaned up\")"]);
    let nothing = in_a_task_that_is_held(|| try_scope(async |_| pending().await));
    assert_eq!(nothing, [] as [&str; 0], "there is no value for it");
}

on_every_runtime!(
    cancelled_through_their_handle_they_panic_and_name_fail_fast,
    past_a_deadline_of_their_own_they_panic_and_name_fail_fast,
);
local_on_every_runtime!(local_ones_do_the_same);
polled_on_every_runtime!(
    everything_is_dropped_before_the_panic,
    cancelled_after_the_body_returned_they_give_its_value,
    cancelled_from_outside_after_the_body_returned_they_give_its_value_too,
    cancelled_after_a_failure_they_give_the_failure,
    cancelled_by_their_parent_they_stay_pending_until_it_drops_them,
    cancelled_by_their_parent_they_give_what_they_have_while_the_task_around_is_held,
);
