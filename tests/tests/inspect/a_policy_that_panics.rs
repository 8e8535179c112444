//! Only what is inspected asks a policy whether a child has failed. Where that panics, it is a panic of the policy like any
//! other: the scope is cancelled, all is dropped, and the panic goes on.

use std::{future::pending, ops::ControlFlow};

use purview::{CancelReason, End, Fallible, Policy, TaskInfo, checkpoint, scope, with_policy};
use purview_tests::{CallsOnDrop, Log, caught, on_every_runtime};

use super::enabled;

/// Panics when it is asked whether a child has failed.
struct Asked;

type Outcome<T> = Result<T, &'static str>;

fn value<T>(end: End<Outcome<T>>) -> Option<T> {
    if let End::Returned(Ok(value)) = end {
        Some(value)
    } else {
        None
    }
}

impl Policy for Asked {
    type Child<T> = Outcome<T>;
    type Joined<T> = Option<T>;
    type Output<R> = Option<R>;

    fn child_ended<T>(&mut self, _: &TaskInfo, end: End<Outcome<T>>) -> (Option<Option<T>>, ControlFlow<()>) {
        (Some(value(end)), ControlFlow::Continue(()))
    }

    fn body_ended<R>(&mut self, end: End<Outcome<R>>) -> (Option<R>, ControlFlow<()>) {
        (value(end), ControlFlow::Continue(()))
    }

    fn finish<R>(self, body: Option<R>, _: Option<CancelReason>) -> Option<R> {
        body
    }

    fn is_failure<T>(_: &Outcome<T>) -> bool {
        panic!("the policy panics");
    }
}

impl Fallible for Asked {
    type Error = &'static str;

    fn into_result<T>(child: Outcome<T>) -> Outcome<T> {
        child
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Child,
    Parallel,
    Blocking,
    Started,
    Body,
}

async fn the_scope_ends_before_the_panic_goes_on() {
    enabled();
    for kind in [Kind::Child, Kind::Parallel, Kind::Blocking, Kind::Started, Kind::Body] {
        let log = Log::new();
        let scope = with_policy(Asked).run(async |s| {
            s.defer(async {
                checkpoint().await;
                log.note("the finalizer");
            });
            s.spawn(async {
                let _calls = CallsOnDrop(|| log.note("the other child"));
                pending::<Outcome<()>>().await
            });
            checkpoint().await;
            match kind {
                Kind::Child => drop(s.spawn(async { Ok(7) })),
                Kind::Parallel => drop(s.spawn_parallel(async { Ok(7) })),
                Kind::Blocking => drop(s.spawn_blocking(|_| Ok(7))),
                Kind::Started => drop(
                    s.start(async |ready| {
                        ready.set(7).map_err(|_| "late")?;
                        Ok(7)
                    })
                    .await,
                ),
                Kind::Body => return Ok(()),
            }
            pending().await
        });
        assert_eq!(caught(scope).await, Err("the policy panics".to_owned()));
        assert_eq!(log.entries(), ["the other child", "the finalizer"]);
    }
}

async fn what_awaits_the_child_elsewhere_has_its_value() {
    enabled();
    let (service, driver) = with_policy(Asked).open();
    let child = service.spawn(async { Ok(7) });
    let (out, value, ()) = futures::join!(caught(driver), child, scope(async |_| {}));
    assert_eq!(out.map(drop), Err("the policy panics".to_owned()));
    assert_eq!(value, Some(7));
}

on_every_runtime!(
    the_scope_ends_before_the_panic_goes_on,
    what_awaits_the_child_elsewhere_has_its_value,
);
