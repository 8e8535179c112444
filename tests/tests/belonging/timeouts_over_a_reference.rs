//! A timeout over a future that owns nothing only stops polling it: nothing inside is told, dropped or waited for, and the
//! future goes on when it is polled again.

use std::{future::pending, pin::pin, sync::Mutex, time::Duration};

use futures::{FutureExt, Stream, StreamExt};
use purview::{
    Builder, CancelToken, FailFast, Scope, Settled, cancelled, context_key, fail_fast, gather, gather_stream, retry,
    scope, settled, shield, sleep, timeout, try_scope,
};
use purview_tests::{Gate, HandExecutor, Log, TestClock, by_hand, polled_on_every_runtime_and_in_virtual_time};

const SECOND: Duration = Duration::from_secs(1);
/// How often each future is given up before it gets done.
const LATE: usize = 3;

context_key! { static REQUEST: u32; }

fn on(clock: &TestClock) -> Builder<FailFast<&'static str>> {
    fail_fast().runtime(clock.clone())
}

/// Awaits `fut` a second at a time until it is ready; gives also how often it was not.
async fn a_second_at_a_time<F: Future>(fut: F) -> (usize, F::Output) {
    let mut fut = pin!(fut);
    let mut late = 0;
    loop {
        match timeout(SECOND, &mut fut).await {
            Ok(value) => return (late, value),
            Err(_) => late += 1,
        }
    }
}

/// As [`a_second_at_a_time`], with a new `next()` each time.
async fn next_a_second_at_a_time<S: Stream>(items: S) -> (usize, Option<S::Item>) {
    let mut items = pin!(items);
    let mut late = 0;
    loop {
        match timeout(SECOND, items.next()).await {
            Ok(item) => return (late, item),
            Err(_) => late += 1,
        }
    }
}

/// One test per kind of future: it waits for the gate, which opens while the fourth timeout runs, or for three and a half
/// seconds.
macro_rules! gets_done {
    ($($name:ident: |$s:ident, $gate:ident| $awaited:expr => |$value:ident| $is_right:expr,)+) => {
        $(fn $name() {
            let (clock, gate) = (TestClock::new(), Gate::new());
            let mut run = by_hand(settled::<()>().runtime(clock.clone()).limit(1).run(async |s: Scope<'_, Settled<()>>| {
                let ($s, $gate) = (&s, &gate);
                Ok($awaited.await)
            }));
            for _ in 0..LATE {
                assert!(run.poll_until_idle().is_pending());
                clock.advance(SECOND);
            }
            assert!(run.poll_until_idle().is_pending());
            gate.open();
            clock.advance(SECOND / 2);
            let (late, $value) = run.finish().expect("the body worked").value;
            assert_eq!(late, LATE);
            assert!($is_right, "{:?}", $value);
        })+
        polled_on_every_runtime_and_in_virtual_time!($($name),+);
    };
}

gets_done! {
    a_scope: |_s, gate| a_second_at_a_time(scope(async |t| { t.spawn(gate.wait()).await; 7 })) => |out| out == 7,
    a_scope_whose_body_waits: |_s, gate| a_second_at_a_time(scope(async |_| { gate.wait().await; 7 })) => |out| out == 7,
    a_try_scope: |_s, gate| a_second_at_a_time(try_scope(async |t| {
        t.spawn(gate.wait().map(Ok)).await;
        Ok::<_, ()>(7)
    })) => |out| matches!(out, Ok(7)),
    a_fail_fast_scope: |_s, gate| a_second_at_a_time(fail_fast::<()>().run(async |t| {
        t.spawn(gate.wait().map(Ok)).await;
        Ok(7)
    })) => |out| matches!(out, Ok(7)),
    a_settled_scope: |_s, gate| a_second_at_a_time(settled::<()>().run(async |t| {
        t.spawn(gate.wait().map(|()| Ok(7))).await.map_err(drop)
    }).map(|out| out.map(|out| out.value))) => |out| matches!(out, Ok(7)),
    a_scope_in_a_scope: |_s, gate| a_second_at_a_time(scope(async |t| {
        t.spawn(scope(async |u| { u.spawn(gate.wait()).await; 7 })).await
    })) => |out| out == 7,
    the_driver_of_an_open_scope: |_s, gate| {
        let (service, driver) = fail_fast::<()>().open();
        let wait = gate.wait();
        drop(service.spawn(wait.map(Ok)));
        service.close();
        a_second_at_a_time(driver)
    } => |out| matches!(out, Ok(())),
    a_shutdown: |_s, gate| async {
        let (service, driver) = fail_fast::<()>().open();
        let wait = gate.wait();
        drop(service.spawn(wait.map(Ok)));
        let (waited, _) = futures::future::join(a_second_at_a_time(service.shutdown(60 * SECOND)), driver).await;
        (waited.0, waited.1.finished.len())
    } => |finished| finished == 1,
    a_gather: |_s, gate| a_second_at_a_time(gather([gate.wait().map(|()| Ok::<_, ()>(7))])) => |out| out.as_ref().is_ok_and(|values| values[0] == 7),
    a_gather_of_different_types: |_s, gate| a_second_at_a_time(purview::gather!(
        gate.wait().map(|()| Ok::<_, ()>(7)),
        async { Ok::<_, ()>("at once") },
    )) => |out| matches!(out, Ok((7, "at once"))),
    a_settled_gather: |_s, gate| a_second_at_a_time(gather([gate.wait().map(|()| Err::<(), _>("no"))]).settled()) => |out| matches!(out[..], [Err(_)]),
    a_race: |_s, gate| a_second_at_a_time(gather([gate.wait().map(|()| Ok::<_, ()>(7))]).first()) => |out| matches!(out, Ok((0, Ok(7)))),
    a_gather_of_a_stream: |_s, gate| {
        a_second_at_a_time(gather_stream(futures::stream::iter([gate.wait().map(|()| Ok::<_, ()>(7))])))
    } => |out| out.as_ref().is_ok_and(|values| values[0] == 7),
    a_for_each: |_s, gate| {
        let futures = [gate.wait().map(|()| Ok::<_, ()>(7))];
        a_second_at_a_time(gather(futures).for_each(async |_, out: Result<i32, _>| assert_eq!(out.ok(), Some(7))))
    } => |out| matches!(out, ()),
    the_next_of_as_completed: |_s, gate| {
        next_a_second_at_a_time(gather([gate.wait().map(|()| Ok::<_, ()>(7))]).as_completed())
    } => |item| matches!(item, Some((0, Ok(7)))),
    the_next_of_a_gather_of_a_stream: |_s, gate| {
        let stream = futures::stream::iter([gate.wait().map(|()| Ok::<_, ()>(7))]);
        next_a_second_at_a_time(gather_stream(stream).as_completed())
    } => |item| matches!(item, Some((0, Ok(7)))),
    the_next_of_a_producer: |s, gate| next_a_second_at_a_time(s.produce(1, async |tx| {
        gate.wait().await;
        tx.send(7).await.map_err(drop)
    })) => |out| out == Some(7),
    a_start: |s, gate| a_second_at_a_time(s.start(async |ready| {
        gate.wait().await;
        ready.set(7).map_err(drop)
    })) => |out| matches!(out, Ok(7)),
    a_task: |s, gate| a_second_at_a_time(s.spawn(gate.wait().map(|()| Ok(7)))) => |out| matches!(out, Ok(7)),
    a_permit: |s, gate| {
        drop(s.spawn(gate.wait().map(Ok)));
        a_second_at_a_time(s.permit())
    } => |permit| !format!("{permit:?}").is_empty(),
    a_sleep: |_s, _gate| a_second_at_a_time(sleep(7 * SECOND / 2)) => |out| matches!(out, ()),
    a_shield: |_s, gate| a_second_at_a_time(shield(gate.wait().map(|()| 7))) => |out| out == 7,
    a_timeout: |_s, gate| a_second_at_a_time(timeout(60 * SECOND, gate.wait().map(|()| 7))) => |out| matches!(out, Ok(7)),
    a_token: |_s, gate| async {
        let token = CancelToken::new();
        let cancels = async {
            gate.wait().await;
            token.cancel();
        };
        futures::future::join(a_second_at_a_time(token.cancelled()), cancels).await.0
    } => |why| why == purview::CancelReason::Requested(None),
    what_runs_until_a_token_is_cancelled: |_s, gate| async {
        let token = CancelToken::new();
        a_second_at_a_time(token.run_until_cancelled(gate.wait().map(|()| 7))).await
    } => |out| out == Some(7),
    what_is_in_the_scope_of_a_key: |_s, gate| a_second_at_a_time(REQUEST.scope(7, async {
        gate.wait().await;
        REQUEST.get()
    })) => |out| out == Some(7),
    a_retry_whose_operation_waits: |_s, gate| a_second_at_a_time(retry([SECOND; 3], async || {
        gate.wait().await;
        Ok::<_, ()>(7)
    })) => |out| matches!(out, Ok(7)),
}

/// Its next delay would reach the deadline that it sees in its place, so it gives up.
fn a_retry_whose_next_delay_is_too_long_gives_up() {
    let clock = TestClock::new();
    let mut run = by_hand(on(&clock).run(async |_| {
        let mut tries = pin!(retry([9 * SECOND; 3], async || Err::<(), _>("no")));
        match timeout(SECOND, &mut tries).await {
            Ok(given_up) => Ok(given_up.is_err()),
            Err(_) => Err("it waits"),
        }
    }));
    assert_eq!(run.finish().ok(), Some(true));
    assert_eq!(clock.timers_created(), 0, "it need not wait");
}

/// Where one expires nothing inside has heard of it: no child, no shield, no scope further in.
fn nothing_inside_is_told_or_dropped_or_waited_for() {
    let (clock, gate, log) = (TestClock::new(), Gate::new(), Log::new());
    let mut run = by_hand(on(&clock).run(async |_| {
        let mut work = pin!(scope(async |s| {
            s.defer(async { log.note("finalized") });
            s.task()
                .daemon()
                .spawn(async { log.note(format!("child: {:?}", cancelled().await)) });
            s.task().daemon().spawn(log.traced("plain", pending::<()>()));
            s.spawn(shield(gate.wait()));
            s.spawn(async {
                scope(async |t| {
                    t.task()
                        .daemon()
                        .spawn(async { log.note(format!("grandchild: {:?}", cancelled().await)) });
                    gate.wait().await;
                    assert!(!t.is_cancelled());
                })
                .await;
            });
            gate.wait().await;
            assert!(!s.is_cancelled() && !s.token().is_cancelled());
            7
        }));
        for _ in 0..LATE {
            assert!(timeout(SECOND, &mut work).await.is_err());
            log.note("late");
        }
        Ok(work.await)
    }));
    for _ in 0..LATE {
        assert!(run.poll_until_idle().is_pending());
        clock.advance(SECOND);
    }
    assert!(run.poll_until_idle().is_pending());
    assert_eq!(log.entries(), ["plain polled", "late", "late", "late"]);
    gate.open();
    assert_eq!(run.finish().ok(), Some(7));
    assert_eq!(
        log.entries().iter().filter(|noted| noted.ends_with("Ended")).count(),
        2,
        "the daemons have ended with the last ordinary child: {:?}",
        log.entries()
    );
    assert!(log.has("finalized"));
}

/// It has expired, so its value is no longer asked for; the future has it still.
fn one_that_expired_leaves_the_value_to_the_next() {
    let (clock, gate) = (TestClock::new(), Gate::new());
    let stopped = Mutex::new(0);
    let mut run = by_hand(on(&clock).run(async |_| {
        let mut work = pin!(fail_fast::<()>().run(async |s| {
            s.spawn(async {
                gate.wait().await;
                *stopped.lock().unwrap() += 1;
                Ok(7)
            })
            .await;
            Ok(7)
        }));
        let late = timeout(SECOND, &mut work).await.is_err();
        // What comes between two timeouts is not lost.
        gate.open();
        let again = timeout(SECOND, &mut work).await;
        Ok((late, again.is_ok_and(|out| out.is_ok_and(|value| value == 7))))
    }));
    assert!(run.poll_until_idle().is_pending());
    clock.advance(SECOND);
    assert_eq!(run.finish().ok(), Some((true, true)));
    assert_eq!(*stopped.lock().unwrap(), 1);
}

/// What is around is cancelled all the same, and with it what is inside now.
fn while_one_runs_a_cancellation_from_outside_reaches_what_is_inside() {
    let (clock, token, log) = (TestClock::new(), CancelToken::new(), Log::new());
    let mut run = by_hand(on(&clock).cancel_on(&token).run(async |_| {
        let mut work = pin!(fail_fast::<()>().run(async |s| {
            s.defer(async { log.note("finalized") });
            log.note(format!("{:?}", cancelled().await));
            pending::<Result<(), _>>().await
        }));
        loop {
            if timeout(SECOND, &mut work).await.is_ok() {
                return Ok(());
            }
        }
    }));
    for _ in 0..2 {
        assert!(run.poll_until_idle().is_pending());
        clock.advance(SECOND);
    }
    assert!(run.poll_until_idle().is_pending());
    token.cancel();
    assert!(run.finish().expect_err("it was cancelled").is_cancelled());
    assert_eq!(log.entries(), ["Parent", "finalized"]);
}

/// Nothing reports it any more: what still runs in the future that it had borrowed would wait for ever.
fn its_deadline_counts_no_more_when_it_has_ended() {
    let executor = HandExecutor::new();
    let log = Log::new();
    let noted = log.clone();
    let mut run = by_hand(fail_fast::<()>().runtime(executor.clone()).run(async move |_| {
        let mut inner = pin!(fail_fast::<()>().run(async move |s| {
            s.spawn_parallel(async move {
                sleep(2 * SECOND).await;
                let late = fail_fast::<()>().timeout(Duration::ZERO);
                let late = late.run(async |_| pending::<Result<(), ()>>().await).await;
                noted.note(if late.is_err() { "late" } else { "in time" });
                Ok(())
            });
            pending::<Result<(), ()>>().await
        }));
        assert!(timeout(SECOND, &mut inner).await.is_err());
        // It is not polled any more, and lives on.
        pending::<Result<(), ()>>().await
    }));
    assert!(run.poll_until_idle().is_pending());
    executor.run();
    executor.clock().advance(SECOND);
    assert!(run.poll_until_idle().is_pending());
    executor.clock().advance(SECOND);
    for _ in 0..10 {
        executor.run_one();
    }
    assert_eq!(log.entries(), ["late"]);
}

polled_on_every_runtime_and_in_virtual_time!(
    its_deadline_counts_no_more_when_it_has_ended,
    a_retry_whose_next_delay_is_too_long_gives_up,
    nothing_inside_is_told_or_dropped_or_waited_for,
    one_that_expired_leaves_the_value_to_the_next,
    while_one_runs_a_cancellation_from_outside_reaches_what_is_inside,
);
