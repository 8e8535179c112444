//! A policy that panics as it takes a result apart, or puts one together: the scope is cancelled, every future is
//! dropped, finalizers run, and then the panic goes on. What waits for the result elsewhere is told.

use std::{future::pending, ops::ControlFlow};

use purview::{CancelReason, CancelToken, End, Fallible, Policy, StartError, TaskInfo, checkpoint, with_policy};
use purview_tests::{CallsOnDrop, Log, caught, on_every_runtime};

/// Panics in one of its methods.
struct Panics<const AT: u8>;

const INTO_RESULT: u8 = 0;
const FROM_RESULT: u8 = 1;
const STOPPED_BY_OTHERS: u8 = 2;

type Outcome<T> = Result<T, &'static str>;

fn asked<const AT: u8>(at: u8) {
    assert!(at != AT, "the policy panics");
}

impl<const AT: u8> Policy for Panics<AT> {
    type Child<T> = Outcome<T>;
    type Joined<T> = Option<T>;
    type Output<R> = Option<R>;

    fn child_ended<T>(&mut self, _: &TaskInfo, end: End<Outcome<T>>) -> (Option<Option<T>>, ControlFlow<()>) {
        let value = if let End::Returned(Ok(value)) = end {
            Some(value)
        } else {
            None
        };
        (Some(value), ControlFlow::Continue(()))
    }

    fn body_ended<R>(&mut self, end: End<Outcome<R>>) -> (Option<R>, ControlFlow<()>) {
        let value = if let End::Returned(Ok(value)) = end {
            Some(value)
        } else {
            None
        };
        (value, ControlFlow::Continue(()))
    }

    fn finish<R>(self, body: Option<R>, _: Option<CancelReason>) -> Option<R> {
        body
    }

    fn stopped_by_others(&mut self) {
        asked::<AT>(STOPPED_BY_OTHERS);
    }
}

impl<const AT: u8> Fallible for Panics<AT> {
    type Error = &'static str;

    fn into_result<T>(child: Outcome<T>) -> Outcome<T> {
        asked::<AT>(INTO_RESULT);
        child
    }

    fn from_result<T>(result: Outcome<T>) -> Option<Outcome<T>> {
        asked::<AT>(FROM_RESULT);
        Some(result)
    }
}

async fn one_of_a_finalizer_does_not_keep_the_others_from_running() {
    let log = Log::new();
    let out = caught(with_policy(Panics::<FROM_RESULT>).run(async |s| {
        s.defer(async {
            let _calls = CallsOnDrop(|| log.note("first has been dropped"));
            checkpoint().await;
            log.note("first");
        });
        s.defer(async {
            log.note("second");
            Err("no")
        });
        Ok(())
    }));
    assert_eq!(out.await, Err("the policy panics".to_owned()));
    assert_eq!(log.entries(), ["second", "first", "first has been dropped"]);
}

async fn one_of_a_child_that_was_not_ready_ends_the_wait_for_it() {
    let log = Log::new();
    let (service, driver) = with_policy(Panics::<INTO_RESULT>).open();
    let other = {
        let log = log.clone();
        service.spawn(async move {
            let _calls = CallsOnDrop(|| log.note("the other child"));
            pending::<Outcome<()>>().await
        })
    };
    let started = service.start(async |_: purview::Ready<()>| Err::<(), _>("no"));
    let (out, started, other) = futures::join!(caught(driver), started, other);
    assert_eq!(out.map(drop), Err("the policy panics".to_owned()));
    assert!(
        matches!(started, Err(StartError::Cancelled(CancelReason::Panicked))),
        "{started:?}"
    );
    assert_eq!(other, None);
    assert_eq!(log.entries(), ["the other child"]);
}

async fn one_of_the_stop_comes_when_all_have_ended() {
    let (log, token) = (Log::new(), CancelToken::new());
    let scope = with_policy(Panics::<STOPPED_BY_OTHERS>).cancel_on(&token);
    let out = caught(scope.run(async |s| {
        s.defer(async { log.note("the finalizer") });
        s.spawn(async {
            let _calls = CallsOnDrop(|| log.note("the child"));
            pending::<Outcome<()>>().await
        });
        checkpoint().await;
        token.cancel();
        Ok(())
    }));
    assert_eq!(out.await, Err("the policy panics".to_owned()));
    assert_eq!(log.entries(), ["the child", "the finalizer"]);
}

on_every_runtime!(
    one_of_a_finalizer_does_not_keep_the_others_from_running,
    one_of_a_child_that_was_not_ready_ends_the_wait_for_it,
    one_of_the_stop_comes_when_all_have_ended,
);
