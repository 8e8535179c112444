//! A policy of one's own is told that a token, a deadline or a parent stopped it with children under way.

use std::{future::pending, ops::ControlFlow, time::Duration};

use purview::{Builder, CancelReason, CancelToken, End, Policy, TaskInfo, cancelled, fail_fast, shield, with_policy};
use purview_tests::{Gate, Log, TestClock, by_hand, polled_on_every_runtime_and_in_virtual_time};

const SECOND: Duration = Duration::from_secs(1);

/// Notes what it is told.
struct Notes(Log);

impl Policy for Notes {
    type Child<T> = T;
    type Joined<T> = T;
    type Output<R> = Option<R>;

    fn child_ended<T>(&mut self, _: &TaskInfo, end: End<T>) -> (Option<T>, ControlFlow<()>) {
        self.0.note("child ended");
        (value(end), ControlFlow::Continue(()))
    }

    fn body_ended<R>(&mut self, end: End<R>) -> (Option<R>, ControlFlow<()>) {
        (value(end), ControlFlow::Continue(()))
    }

    fn finish<R>(self, body: Option<R>, _: Option<CancelReason>) -> Option<R> {
        self.0.note("finish");
        body
    }

    fn stopped_by_others(&mut self) {
        self.0.note("stopped by others");
    }
}

fn value<T>(end: End<T>) -> Option<T> {
    match end {
        End::Returned(value) => Some(value),
        End::Panicked(_) | End::Cancelled(_) => None,
    }
}

/// Runs a scope whose body has returned and whose child is under way until `stop` stops it; gives what the policy was told.
fn told(
    build: impl FnOnce(Builder<Notes>) -> Builder<Notes>,
    early: bool,
    stop: impl FnOnce(&TestClock),
) -> Vec<String> {
    let (clock, log) = (TestClock::new(), Log::new());
    let mut run = by_hand(
        build(with_policy(Notes(log.clone())).runtime(clock.clone())).run(async |s| {
            s.spawn(async move {
                if early {
                    cancelled().await;
                } else {
                    pending::<()>().await;
                }
            });
            7
        }),
    );
    assert!(run.poll_until_idle().is_pending());
    stop(&clock);
    assert_eq!(run.finish(), Some(7));
    log.entries()
}

/// The body counts as the children do, also where it returns at once.
fn by_a_body_that_cancels_a_token_around_and_returns() {
    let (token, log) = (CancelToken::new(), Log::new());
    let mut run = by_hand(with_policy(Notes(log.clone())).cancel_on(&token).run(async |_| {
        token.cancel();
        7
    }));
    assert_eq!(run.finish(), Some(7));
    assert_eq!(log.entries(), ["stopped by others", "finish"]);
}

const STOPPED: [&str; 3] = ["child ended", "stopped by others", "finish"];

fn once_and_before_it_finishes() {
    for early in [false, true] {
        let token = CancelToken::new();
        assert_eq!(
            told(|built| built.cancel_on(&token), early, |_| token.cancel()),
            STOPPED
        );
        assert_eq!(
            told(|built| built.timeout(SECOND), early, |clock| clock.advance(SECOND)),
            STOPPED
        );
    }
}

fn by_a_parent_too() {
    let (log, token, gate) = (Log::new(), CancelToken::new(), Gate::new());
    let mut run = by_hand(fail_fast::<()>().cancel_on(&token).run(async |s| {
        let inner = with_policy(Notes(log.clone())).run(async |inner| {
            inner.spawn(pending::<()>());
            7
        });
        s.spawn(async {
            futures::future::join(inner, shield(gate.wait())).await;
            Ok(())
        });
        pending::<Result<(), _>>().await
    }));
    assert!(run.poll_until_idle().is_pending());
    token.cancel();
    assert!(run.poll_until_idle().is_pending(), "the shield holds");
    assert_eq!(log.entries(), STOPPED);
    gate.open();
    assert!(run.finish().is_err());
}

fn but_not_by_the_scopes_own_handle() {
    let log = Log::new();
    let mut run = by_hand(with_policy(Notes(log.clone())).run(async |s| {
        s.spawn(pending::<()>());
        s.cancel();
        7
    }));
    assert_eq!(run.finish(), Some(7));
    assert_eq!(log.entries(), ["child ended", "finish"]);
}

fn and_not_where_no_child_was_under_way() {
    let (log, token, gate) = (Log::new(), CancelToken::new(), Gate::new());
    let mut run = by_hand(with_policy(Notes(log.clone())).cancel_on(&token).run(async |s| {
        s.spawn(async {});
        s.defer(gate.wait());
        7
    }));
    assert!(run.poll_until_idle().is_pending());
    token.cancel();
    gate.open();
    assert_eq!(run.finish(), Some(7));
    assert_eq!(log.entries(), ["child ended", "finish"]);
}

polled_on_every_runtime_and_in_virtual_time!(
    by_a_body_that_cancels_a_token_around_and_returns,
    once_and_before_it_finishes,
    by_a_parent_too,
    but_not_by_the_scopes_own_handle,
    and_not_where_no_child_was_under_way,
);
