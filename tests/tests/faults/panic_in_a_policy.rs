//! A policy that panics, in any of its methods: the scope is cancelled, the panic goes on in the awaiting task, and
//! what awaits something of it is told.

use std::{
    future::{pending, ready},
    ops::ControlFlow,
    panic::{AssertUnwindSafe, catch_unwind},
};

use futures::FutureExt;
use purview::{CancelReason, End, JoinAll, Policy, Scope, TaskInfo, with_policy};
use purview_tests::{AnyRuntime, by_hand, caught, message_of, yields};

use crate::live::Live;

#[derive(Clone, Copy, Debug, PartialEq)]
enum At {
    ChildEnded,
    BodyEnded,
    Finish,
    KeepsBody,
    KeepsUnclaimed,
    Unclaimed,
    CanFinish,
}

const EVERYWHERE: [At; 7] = [
    At::ChildEnded,
    At::BodyEnded,
    At::Finish,
    At::KeepsBody,
    At::KeepsUnclaimed,
    At::Unclaimed,
    At::CanFinish,
];

/// Panics in one of its methods, each time.
struct Panics(At);

impl Panics {
    fn asked(&self, at: At) {
        assert!(self.0 != at, "the policy panics");
    }
}

fn value<T>(end: End<T>) -> Option<T> {
    match end {
        End::Returned(value) => Some(value),
        _ => None,
    }
}

impl Policy for Panics {
    type Child<T> = T;
    type Joined<T> = T;
    type Output<R> = Option<R>;

    fn child_ended<T>(&mut self, _: &TaskInfo, end: End<T>) -> (Option<T>, ControlFlow<()>) {
        self.asked(At::ChildEnded);
        (value(end), ControlFlow::Continue(()))
    }

    fn body_ended<R>(&mut self, end: End<R>) -> (Option<R>, ControlFlow<()>) {
        self.asked(At::BodyEnded);
        (value(end), ControlFlow::Continue(()))
    }

    fn finish<R>(self, body: Option<R>, _: Option<CancelReason>) -> Option<R> {
        self.asked(At::Finish);
        body
    }

    fn keeps_body(&self) -> bool {
        self.asked(At::KeepsBody);
        false
    }

    fn keeps_unclaimed<T>(&self, _: &T) -> bool {
        self.asked(At::KeepsUnclaimed);
        true
    }

    fn unclaimed<T>(&mut self, _: &TaskInfo, joined: T) -> Option<T> {
        self.asked(At::Unclaimed);
        Some(joined)
    }

    fn can_finish(&self, _: bool, _: Option<&CancelReason>) -> bool {
        self.asked(At::CanFinish);
        true
    }
}

async fn while_the_scope_is_awaited(runtime: AnyRuntime) {
    for at in EVERYWHERE {
        let live = Live::new();
        let out = caught(with_policy(Panics(at)).runtime(runtime.clone()).run(async |s| {
            for i in 0..3 {
                s.spawn(live.within(yields(i).map(|()| live.value())));
                s.spawn_parallel(live.within(yields(i)));
                s.defer(live.within(yields(i)));
            }
            live.value()
        }));
        let panicked = out.await.map(drop) == Err("the policy panics".into());
        // Whether the body is to be kept is asked only on a cancellation.
        assert_eq!(panicked, at != At::KeepsBody, "{at:?}");
        live.all_dropped(live.made()).await;
    }
}

async fn while_the_scope_is_cancelled(runtime: AnyRuntime) {
    for at in EVERYWHERE {
        let live = Live::new();
        let out = caught(with_policy(Panics(at)).runtime(runtime.clone()).run(async |s| {
            for _ in 0..3 {
                s.spawn(live.within(pending::<()>()));
                s.spawn_parallel(live.within(pending::<()>()));
            }
            drop(s.spawn(ready(live.value())));
            yields(3).await;
            s.cancel();
            live.within(pending::<()>()).await;
        }));
        assert_eq!(out.await.map(drop), Err("the policy panics".into()), "{at:?}");
        live.all_dropped(live.made()).await;
    }
}

fn while_the_scope_is_dropped(runtime: AnyRuntime) {
    for at in EVERYWHERE {
        for unwinding in [false, true] {
            let live = Live::new();
            let dropped = catch_unwind(AssertUnwindSafe(|| {
                let mut run = by_hand(with_policy(Panics(at)).runtime(runtime.clone()).run(async |s| {
                    for _ in 0..3 {
                        s.spawn(live.within(pending::<()>()));
                        s.spawn_parallel(live.within(pending::<()>()));
                    }
                    live.within(pending::<()>()).await;
                }));
                assert!(run.poll_until_idle().is_pending());
                assert!(!unwinding, "the first panic");
            }));
            if unwinding {
                assert_eq!(message_of(&*dropped.expect_err("it panicked")), "the first panic");
            }
            live.wait_dropped(live.made());
        }
    }
}

/// Tasks that are awaited outside the scope, and would otherwise be pending for ever.
fn while_others_await_its_tasks(runtime: AnyRuntime) {
    for at in [At::ChildEnded, At::KeepsUnclaimed, At::Unclaimed] {
        let live = Live::new();
        let (service, driver): (Scope<'static, Panics>, _) = with_policy(Panics(at)).runtime(runtime.clone()).open();
        let mut tasks: Vec<_> = (0..3)
            .map(|i| by_hand(caught(service.spawn(live.within(yields(i))))))
            .collect();
        let looks_later = tasks.pop();
        assert!(tasks.iter_mut().all(|task| task.poll().is_pending()));
        service.close();
        let mut driver = by_hand(driver);
        assert!(
            catch_unwind(AssertUnwindSafe(|| driver.poll_until_idle())).is_err(),
            "{at:?}"
        );
        for mut task in tasks.into_iter().chain(looks_later) {
            let given = task.finish();
            assert!(
                given.is_ok() || given.is_err_and(|said| said.contains("has no value to give")),
                "{at:?}"
            );
        }
        live.assert_dropped(3);
    }
}

/// A policy that panics while its thread is unwinding, and values that panic when they are dropped.
async fn beside_a_panic_of_a_child(runtime: AnyRuntime) {
    for at in EVERYWHERE {
        let live = Live::new();
        let out = caught(with_policy(Panics(at)).runtime(runtime.clone()).run(async |s| {
            for i in 0..3 {
                let value = live.value();
                s.spawn(async move {
                    let _value = value;
                    yields(i).await;
                    assert!(i < 1, "a child panics");
                });
            }
            s.spawn(async {
                let nested = with_policy(JoinAll::new()).run(async |inner| inner.spawn(live.within(yields(1))).await);
                nested.await;
            });
        }));
        let panicked = out.await.map(drop) == Err("the policy panics".into());
        assert_eq!(panicked, at != At::KeepsBody, "{at:?}");
        live.assert_dropped(live.made());
    }
}

faults! {
    run {
        while_the_scope_is_awaited,
        while_the_scope_is_cancelled,
        beside_a_panic_of_a_child,
    }
    by_hand {
        while_the_scope_is_dropped,
        while_others_await_its_tasks,
    }
}
