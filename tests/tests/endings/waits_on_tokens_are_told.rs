//! A wait on a token that the waiter's own cancellation fires holds, wherever the wait is wrapped: it is told, and what
//! follows it runs.

use std::{
    future::pending,
    pin::{Pin, pin},
    time::Duration,
};

use futures::{FutureExt, future::select};
use purview::{
    CancelToken, cancelled, context_key, fail_fast, gather, gather_stream, retry, scope, settled, shield, timeout,
    try_scope,
};
use purview_tests::{Gate, Log, TestClock, by_hand, polled_on_every_runtime_and_in_virtual_time, yields};

const SECOND: Duration = Duration::from_secs(1);

context_key! { static REQUEST: u32; }

type Child = Pin<Box<dyn Future<Output = ()> + Send>>;

fn child(fut: impl Future<Output = ()> + Send + 'static) -> Child {
    Box::pin(fut)
}

/// Spawns `waits`, which is given the token of its scope, lets the scope fail, and checks that the child noted "told".
#[track_caller]
fn is_told(waits: impl FnOnce(CancelToken, Log) -> Child) {
    let (clock, fail, log) = (TestClock::new(), Gate::new(), Log::new());
    let mut run = by_hand(fail_fast().runtime(clock.clone()).run(async |s| {
        s.spawn(waits(s.token(), log.clone()).map(Ok));
        fail.wait().await;
        Err::<(), _>("no")
    }));
    assert!(run.poll_until_idle().is_pending());
    // A wait that is given up and begun again does not change it.
    clock.advance(SECOND);
    assert!(run.poll_until_idle().is_pending());
    assert!(log.entries().is_empty(), "nothing has happened yet");
    fail.open();
    assert_eq!(run.finish().expect_err("the body failed").into_failure(), Some("no"));
    assert_eq!(log.entries(), ["told"], "dropped, not told");
}

macro_rules! told {
    ($($name:ident: |$token:ident| $wait:expr,)+) => {
        $(fn $name() {
            is_told(|$token, log| child(async move {
                let _ = $wait.await;
                log.note("told");
            }));
        })+
        polled_on_every_runtime_and_in_virtual_time!($($name),+);
    };
}

told! {
    the_token_of_its_scope: |token| token.cancelled(),
    a_child_of_that: |token| token.child().cancelled(),
    a_grandchild_of_that: |token| token.child().child().cancelled(),
    in_timeouts_that_expire: |token| async move {
        while timeout(SECOND / 2, token.cancelled()).await.is_err() {}
    },
    in_a_timeout_over_a_reference_that_expires: |token| async move {
        let mut told = pin!(token.cancelled());
        while timeout(SECOND / 2, &mut told).await.is_err() {}
    },
    in_a_timeout_over_a_block: |token| timeout(9 * SECOND, async move { drop(token.cancelled().await) }),
    in_timeouts_in_timeouts: |token| timeout(9 * SECOND, async move {
        let _ = timeout(8 * SECOND, token.child().cancelled()).await;
    }),
    its_own_cancellation_in_a_timeout_over_a_reference: |_token| async {
        let mut told = pin!(cancelled());
        while timeout(SECOND / 2, &mut told).await.is_err() {}
    },
    in_a_select: |token| async move { drop(select(pin!(token.cancelled()), pending::<()>()).await) },
    in_a_join: |token| futures::future::join(async move { drop(token.cancelled().await) }, cancelled()),
    what_runs_until_it_is_cancelled: |token| async move { token.run_until_cancelled(pending::<()>()).await },
    what_runs_until_a_child_of_it_is_cancelled: |token| async move {
        token.child().run_until_cancelled(pending::<()>()).await
    },
    what_runs_until_it_is_cancelled_in_timeouts: |token| async move {
        while timeout(SECOND / 2, token.run_until_cancelled(pending::<()>())).await.is_err() {}
    },
    in_the_scope_of_a_key: |token| REQUEST.scope(7, async move { drop(token.cancelled().await) }),
    in_the_operation_of_a_retry: |token| retry([SECOND; 3], move || {
        let token = token.clone();
        async move {
            token.cancelled().await;
            Ok::<_, ()>(())
        }
    }),
    behind_a_shield: |token| shield(async move { drop(token.cancelled().await) }),
    in_a_timeout_in_a_member_of_a_gather: |token| gather([async move {
        let _ = timeout(9 * SECOND, token.cancelled()).await;
        Ok::<_, ()>(())
    }]),
    in_the_body_of_a_nested_scope: |token| settled::<()>().run(async move |_| {
        token.cancelled().await;
        Ok(())
    }),
}

/// As [`told!`], where the note is made in what waits, because what is around it is dropped.
macro_rules! told_inside {
    ($($name:ident: |$note:ident, $token:ident| $child:expr,)+) => {
        $(fn $name() {
            is_told(|$token, log| {
                let $note = move || log.note("told");
                child($child.map(|_| ()))
            });
        })+
        polled_on_every_runtime_and_in_virtual_time!($($name),+);
    };
}

told_inside! {
    by_a_member_of_a_gather: |note, token| gather([async move {
        token.cancelled().await;
        note();
        Ok::<_, ()>(())
    }]),
    by_a_member_that_waits_on_a_child_token: |note, token| gather([async move {
        token.child().cancelled().await;
        note();
        Ok::<_, ()>(())
    }]).settled(),
    by_a_member_of_a_gather_of_different_types: |note, token| purview::gather!(
        async move {
            token.cancelled().await;
            note();
            Ok::<_, ()>(())
        },
        pending::<Result<(), ()>>(),
    ),
    by_a_member_of_a_gather_of_a_stream: |note, token| gather_stream(futures::stream::iter([async move {
        token.cancelled().await;
        note();
        Ok::<_, ()>(())
    }])).settled(),
    by_the_closure_of_a_for_each: |note, token| gather([async { Ok::<_, ()>(()) }]).for_each(move |_, _| {
        let (token, note) = (token.clone(), note.clone());
        async move {
            token.cancelled().await;
            note();
        }
    }),
    by_a_child_of_a_nested_scope: |note, token| scope(async move |t| {
        t.spawn(async move {
            token.cancelled().await;
            note();
        }).await;
    }),
    by_a_child_of_a_scope_two_further_in: |note, token| scope(async move |t| {
        t.spawn(scope(async move |u| {
            u.spawn(async move {
                let _ = timeout(9 * SECOND, token.child().cancelled()).await;
                note();
            }).await;
        })).await;
    }),
    by_the_body_of_a_nested_scope: |note, token| try_scope(async move |t| {
        t.spawn(pending::<Result<(), ()>>());
        token.cancelled().await;
        note();
        pending::<Result<(), ()>>().await
    }),
    by_the_body_of_a_settled_scope: |note, token| settled::<()>().run(async move |t| {
        t.spawn(pending::<Result<(), ()>>());
        token.cancelled().await;
        note();
        Ok(())
    }),
    by_a_child_of_an_open_scope_whose_driver_is_in_it: |note, token| {
        let (service, driver) = settled::<()>().open();
        drop(service.spawn(async move {
            token.cancelled().await;
            note();
            Ok(())
        }));
        service.close();
        driver
    },
    by_a_child_that_waits_on_the_token_of_the_scope_in_between: |note, _token| scope(async move |t| {
        let between = t.token();
        t.spawn(scope(async move |u| {
            u.spawn(async move {
                between.cancelled().await;
                note();
            }).await;
        })).await;
    }),
}

fn the_body_of_the_scope_itself() {
    let (clock, token, log) = (TestClock::new(), CancelToken::new(), Log::new());
    let mut run = by_hand(
        fail_fast::<()>()
            .runtime(clock.clone())
            .cancel_on(&token)
            .run(async |s| {
                let own = s.token();
                while timeout(SECOND, own.child().cancelled()).await.is_err() {}
                log.note("told");
                pending::<Result<(), _>>().await
            }),
    );
    assert!(run.poll_until_idle().is_pending());
    clock.advance(SECOND);
    assert!(run.poll_until_idle().is_pending());
    token.cancel();
    assert!(run.finish().is_err());
    assert_eq!(log.entries(), ["told"]);
}

/// The token of its scope does not fire for that, and its own cancellation does.
fn a_task_that_is_cancelled_alone() {
    let (clock, log) = (TestClock::new(), Log::new());
    let mut run = by_hand(settled::<()>().runtime(clock.clone()).run(async |s| {
        let (token, log) = (s.token(), &log);
        let told = s.spawn(async move {
            while timeout(SECOND, cancelled()).await.is_err() {}
            log.note("told");
            Ok(())
        });
        let waits = s.spawn(async move {
            let _ = timeout(9 * SECOND, token.child().cancelled()).await;
            log.note("was not to be told");
            Ok(())
        });
        yields(3).await;
        told.cancel();
        waits.cancel();
        drop((told.await, waits.await));
        Ok(s.is_cancelled())
    }));
    assert!(!run.finish().expect("the body worked").value);
    assert_eq!(log.entries(), ["told"]);
}

/// It wakes by itself, so that a loop around it comes to its end.
fn each_of_many_is_told_once() {
    const WAITS: usize = 50;
    let (fail, log) = (Gate::new(), Log::new());
    let mut run = by_hand(fail_fast().run(async |s| {
        for _ in 0..WAITS {
            let (token, log) = (s.token().child(), &log);
            s.spawn(async move {
                log.note(format!("{:?}", token.cancelled().await));
                Ok(())
            });
        }
        fail.wait().await;
        Err::<(), _>("no")
    }));
    assert!(run.poll_until_idle().is_pending());
    fail.open();
    assert!(run.finish().is_err());
    assert_eq!(log.entries().len(), WAITS);
}

polled_on_every_runtime_and_in_virtual_time!(
    the_body_of_the_scope_itself,
    a_task_that_is_cancelled_alone,
    each_of_many_is_told_once,
);
