//! `Ok` of a fail-fast scope says that its work was done: a token, a deadline or a parent that arrives before the last child
//! has ended makes it an error, and the scope's own handle does not.

use std::{future::pending, time::Duration};

use purview::{
    Builder, CancelReason, CancelToken, FailFast, ScopeError, cancelled, checkpoint, fail_fast, scope, shield, timeout,
};
use purview_tests::{Gate, Log, TestClock, by_hand, polled_on_every_runtime_and_in_virtual_time, yields};

const SECOND: Duration = Duration::from_secs(1);

/// What is under way in the scope when it is stopped, after its body has returned.
#[derive(Clone, Copy, Debug)]
enum Children {
    /// Dropped without another poll.
    Plain,
    /// Told, and returns early, as if it were done.
    ReturnsEarly,
    /// Holds, and gets its work done.
    GetsDone,
}

const CHILDREN: [Children; 3] = [Children::Plain, Children::ReturnsEarly, Children::GetsDone];

async fn child(children: Children) -> Result<(), &'static str> {
    match children {
        Children::Plain => pending().await,
        Children::ReturnsEarly => {
            cancelled().await;
            Ok(())
        }
        Children::GetsDone => {
            cancelled().await;
            shield(yields(3)).await;
            Ok(())
        }
    }
}

type Built = Builder<FailFast<&'static str>>;

/// What a scope gives whose body has returned 7 and whose child is under way, when `stop` stops it.
fn stopped(
    children: Children,
    build: impl FnOnce(Built) -> Built,
    stop: impl FnOnce(&TestClock),
) -> Result<i32, ScopeError<&'static str>> {
    let clock = TestClock::new();
    let mut run = by_hand(build(fail_fast().runtime(clock.clone())).run(async |s| {
        s.spawn(child(children));
        Ok(7)
    }));
    assert!(run.poll_until_idle().is_pending());
    stop(&clock);
    run.finish()
}

fn by_a_token_from_outside() {
    for children in CHILDREN {
        let token = CancelToken::new();
        let out = stopped(
            children,
            |built| built.cancel_on(&token),
            |_| token.cancel_with("enough"),
        );
        let error = out.expect_err(&format!("{children:?}"));
        assert!(error.is_cancelled());
        assert_eq!(error.reason(), &CancelReason::Requested(Some("enough".into())));
        assert!(error.failures().is_empty());
    }
}

fn by_a_parent_of_a_token_from_outside() {
    for children in CHILDREN {
        let token = CancelToken::new();
        let out = stopped(children, |built| built.cancel_on(token.child()), |_| token.cancel());
        assert!(out.expect_err(&format!("{children:?}")).is_cancelled());
    }
}

fn by_a_deadline() {
    for children in CHILDREN {
        let out = stopped(children, |built| built.timeout(SECOND), |clock| clock.advance(SECOND));
        assert!(out.expect_err(&format!("{children:?}")).is_deadline_exceeded());
    }
}

/// Runs a scope of which the body has returned inside `around`, and gives what it resolved to, if it did.
fn inside(children: Children, log: &Log) -> impl Future<Output = ()> + Send + use<> {
    let log = log.clone();
    async move {
        let run = fail_fast().run(async |s| {
            s.spawn(child(children));
            Ok(7)
        });
        log.note(format!("{:?}", run.await.map_err(|error| error.reason().clone())));
    }
}

/// A scope that resolves in the pass in which it is cancelled may be dropped with the task around it; where that is held, it
/// is not.
fn by_a_parent() {
    for children in CHILDREN {
        let (log, token, gate) = (Log::new(), CancelToken::new(), Gate::new());
        let mut run = by_hand(fail_fast::<()>().cancel_on(&token).run(async |s| {
            s.spawn(async {
                futures::future::join(inside(children, &log), shield(gate.wait())).await;
                Ok(())
            });
            pending::<Result<(), _>>().await
        }));
        assert!(run.poll_until_idle().is_pending());
        token.cancel();
        assert!(run.poll_until_idle().is_pending(), "the shield holds");
        assert_eq!(log.entries(), ["Err(Parent)"], "{children:?}");
        gate.open();
        assert!(run.finish().is_err());
    }
}

fn by_a_timeout_around_it() {
    for children in CHILDREN {
        let (clock, log, gate) = (TestClock::new(), Log::new(), Gate::new());
        let mut run = by_hand(fail_fast::<()>().runtime(clock.clone()).run(async |_| {
            let both = futures::future::join(inside(children, &log), shield(gate.wait()));
            Ok(timeout(SECOND, both).await.is_ok())
        }));
        assert!(run.poll_until_idle().is_pending());
        clock.advance(SECOND);
        assert!(run.poll_until_idle().is_pending(), "the shield holds");
        assert_eq!(log.entries(), ["Err(Parent)"], "{children:?}");
        gate.open();
        assert_eq!(
            run.finish().ok(),
            Some(true),
            "its value came while a holder was waited for"
        );
    }
}

fn but_not_by_its_own_handle() {
    for children in CHILDREN {
        let gate = Gate::new();
        let mut run = by_hand(fail_fast::<&str>().run(async |s| {
            let (handle, gate) = (s.clone(), &gate);
            s.task().daemon().spawn(async move {
                gate.wait().await;
                handle.cancel();
                Ok(())
            });
            s.spawn(child(children));
            Ok(7)
        }));
        assert!(run.poll_until_idle().is_pending());
        gate.open();
        assert_eq!(run.finish().ok(), Some(7), "{children:?}");
    }
}

fn and_not_by_its_own_token() {
    for children in CHILDREN {
        let slot = std::sync::Mutex::new(None);
        let mut run = by_hand(fail_fast::<&str>().run(async |s| {
            *slot.lock().unwrap() = Some(s.token());
            s.spawn(child(children));
            Ok(7)
        }));
        assert!(run.poll_until_idle().is_pending());
        slot.lock().unwrap().take().expect("the body ran").cancel();
        assert_eq!(run.finish().ok(), Some(7), "{children:?}");
    }
}

/// A body that has found what it wanted.
fn and_not_by_the_body_that_cancels_and_returns() {
    for children in CHILDREN {
        let mut run = by_hand(fail_fast::<&str>().run(async |s| {
            s.spawn(child(children));
            checkpoint().await;
            s.cancel();
            Ok(7)
        }));
        assert_eq!(run.finish().ok(), Some(7), "{children:?}");
    }
}

/// The work is done when the last child that is not a daemon has ended.
fn what_arrives_after_the_last_child_stops_no_work() {
    let (token, gate, log) = (CancelToken::new(), Gate::new(), Log::new());
    let mut run = by_hand(fail_fast::<&str>().cancel_on(&token).run(async |s| {
        s.task().daemon().spawn(async {
            shield(gate.wait()).await;
            Ok(())
        });
        s.spawn(async { Ok(()) });
        s.defer(async { log.note("finalized") });
        Ok(7)
    }));
    assert!(run.poll_until_idle().is_pending(), "the daemon holds");
    token.cancel();
    assert!(run.poll_until_idle().is_pending());
    gate.open();
    assert_eq!(run.finish().ok(), Some(7));
    assert_eq!(log.entries(), ["finalized"]);
}

fn what_arrives_while_finalizers_run_stops_no_work() {
    let (token, gate) = (CancelToken::new(), Gate::new());
    let mut run = by_hand(fail_fast::<&str>().cancel_on(&token).run(async |s| {
        s.defer(gate.wait());
        Ok(7)
    }));
    assert!(run.poll_until_idle().is_pending(), "the finalizer runs");
    token.cancel();
    assert!(run.poll_until_idle().is_pending());
    gate.open();
    assert_eq!(run.finish().ok(), Some(7));
}

/// It has no way to say so.
fn a_scope_that_cannot_fail_keeps_its_value() {
    let (log, token, gate) = (Log::new(), CancelToken::new(), Gate::new());
    let mut run = by_hand(fail_fast::<()>().cancel_on(&token).run(async |s| {
        let inner = async {
            let value = scope(async |inner| {
                inner.spawn(pending::<()>());
                7
            });
            log.note(value.await.to_string());
        };
        s.spawn(async {
            futures::future::join(inner, shield(gate.wait())).await;
            Ok(())
        });
        pending::<Result<(), _>>().await
    }));
    assert!(run.poll_until_idle().is_pending());
    token.cancel();
    assert!(run.poll_until_idle().is_pending());
    assert_eq!(log.entries(), ["7"]);
    gate.open();
    assert!(run.finish().is_err());
}

polled_on_every_runtime_and_in_virtual_time!(
    by_a_token_from_outside,
    by_a_parent_of_a_token_from_outside,
    by_a_deadline,
    by_a_parent,
    by_a_timeout_around_it,
    but_not_by_its_own_handle,
    and_not_by_its_own_token,
    and_not_by_the_body_that_cancels_and_returns,
    what_arrives_after_the_last_child_stops_no_work,
    what_arrives_while_finalizers_run_stops_no_work,
    a_scope_that_cannot_fail_keeps_its_value,
);
