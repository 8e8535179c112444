//! What was polled in one place and then in another belongs to where it is polled now.

use std::{
    future::{pending, poll_fn},
    pin::pin,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use futures::{FutureExt, StreamExt};
use purview::{
    Builder, CancelToken, FailFast, Timer, cancelled, deadline, fail_fast, gather, gather_stream, remaining, scope,
    settled, shield, timeout, try_scope,
};
use purview_tests::{Gate, Log, TestClock, by_hand, poll_once, polled_on_every_runtime_and_in_virtual_time, yield_now};

const SECOND: Duration = Duration::from_secs(1);

fn on(clock: &TestClock) -> Builder<FailFast<&'static str>> {
    fail_fast().runtime(clock.clone())
}

fn a_timeout_for_each_item_loses_no_item() {
    let (clock, gates) = (TestClock::new(), [Gate::new(), Gate::new(), Gate::new()]);
    let waits = || gates.iter().map(|gate| gate.wait().map(Ok::<_, ()>));
    let mut run = by_hand(on(&clock).run(async |_| {
        let mut items = gather(waits()).as_completed();
        let mut pulled = gather_stream(futures::stream::iter(waits())).as_completed();
        for n in 0..gates.len() {
            let (from_items, _) = timeout(SECOND, items.next())
                .await
                .map_err(|_| "late")?
                .expect("an item");
            let (from_pulled, _) = timeout(SECOND, pulled.next())
                .await
                .map_err(|_| "late")?
                .expect("an item");
            assert_eq!((from_items, from_pulled), (n, n));
        }
        assert!(timeout(SECOND, items.next()).await.is_ok_and(|item| item.is_none()));
        assert!(timeout(SECOND, pulled.next()).await.is_ok_and(|item| item.is_none()));
        Ok(())
    }));
    for gate in &gates {
        assert!(run.poll_until_idle().is_pending());
        gate.open();
    }
    assert!(run.finish().is_ok());
}

fn a_timeout_for_each_item_that_is_late_loses_no_item() {
    let (clock, gates, log) = (TestClock::new(), [Gate::new(), Gate::new()], Log::new());
    let mut run = by_hand(on(&clock).run(async |_| {
        let mut items = gather(gates.iter().map(|gate| gate.wait().map(Ok::<_, ()>))).as_completed();
        loop {
            match timeout(SECOND, items.next()).await {
                Ok(Some((n, _))) => log.note(n.to_string()),
                Ok(None) => return Ok(()),
                Err(_) => log.note("late"),
            }
        }
    }));
    for gate in &gates {
        assert!(run.poll_until_idle().is_pending());
        clock.advance(SECOND);
        assert!(run.poll_until_idle().is_pending());
        gate.open();
    }
    assert!(run.finish().is_ok());
    assert_eq!(log.entries(), ["late", "0", "late", "1"]);
}

fn a_timeout_that_was_not_needed_ends_nothing() {
    let (clock, gate) = (TestClock::new(), Gate::new());
    let mut run = by_hand(on(&clock).run(async |_| {
        let mut work = pin!(scope(async |s| {
            s.spawn(gate.wait()).await;
            7
        }));
        assert!(
            timeout(SECOND, poll_once(work.as_mut()))
                .await
                .is_ok_and(|polled| polled.is_pending())
        );
        Ok(work.await)
    }));
    assert!(run.poll_until_idle().is_pending());
    clock.advance(2 * SECOND);
    assert!(run.poll_until_idle().is_pending(), "the timeout has ended");
    gate.open();
    assert_eq!(run.finish().ok(), Some(7));
}

fn a_wait_for_cancellation_that_is_kept_from_turn_to_turn_is_told_nothing_before_there_is_something() {
    let (clock, token, log) = (TestClock::new(), CancelToken::new(), Log::new());
    let mut run = by_hand(on(&clock).cancel_on(&token).run(async |_| {
        let mut stop = pin!(cancelled());
        let why = loop {
            match timeout(SECOND, &mut stop).await {
                Ok(why) => break why,
                Err(_) => log.note("beat"),
            }
        };
        log.note(why.to_string());
        pending::<Result<(), _>>().await
    }));
    for _ in 0..3 {
        assert!(run.poll_until_idle().is_pending());
        clock.advance(SECOND);
    }
    assert!(run.poll_until_idle().is_pending());
    assert_eq!(log.entries(), ["beat", "beat", "beat"]);
    token.cancel_with("enough");
    assert!(run.finish().is_err());
    assert_eq!(
        log.entries().last().map(String::as_str),
        Some("the enclosing scope was cancelled"),
        "it is told what the timeout around it is told"
    );
}

fn a_connection_that_was_begun_outside_and_then_spawned_cleans_up_and_sees_the_deadline() {
    for begun in [false, true] {
        let (clock, look, fail, log) = (TestClock::new(), Gate::new(), Gate::new(), Log::new());
        let seen = Mutex::new(None);
        let mut connection = Box::pin(try_scope(async |s| {
            s.defer(async { log.note("closed") });
            look.wait().await;
            *seen.lock().unwrap() = Some(remaining());
            pending::<Result<(), &str>>().await
        }));
        if begun {
            assert!(by_hand(connection.as_mut()).poll().is_pending());
        }
        let mut run = by_hand(on(&clock).timeout(9 * SECOND).run(async |s| {
            s.spawn(connection);
            fail.wait().await;
            Err::<(), _>("no")
        }));
        assert!(run.poll_until_idle().is_pending());
        look.open();
        assert!(run.poll_until_idle().is_pending());
        // Begun outside, its clock is the one that served there.
        let left = seen.lock().unwrap().flatten().expect("the deadline is seen");
        assert!(
            (8 * SECOND..=10 * SECOND).contains(&left),
            "begun outside: {begun}, {left:?}"
        );
        fail.open();
        assert_eq!(run.finish().expect_err("the body failed").into_failure(), Some("no"));
        assert_eq!(log.entries(), ["closed"], "begun outside: {begun}");
    }
}

/// The deadline that is nearest is that of where it is polled now, and is moved with it.
fn a_scope_sees_the_deadline_of_where_it_is_polled_now() {
    let clock = TestClock::new();
    let start = clock.now();
    let (gate, seen) = (Gate::new(), Arc::new(Mutex::new(Vec::new())));
    let (looks, notes) = (gate.clone(), seen.clone());
    let mut run = by_hand(on(&clock).timeout(9 * SECOND).run(async |_| {
        let mut work = pin!(scope(async move |_| {
            let mut waits = pin!(looks.wait());
            poll_fn(|cx| {
                notes.lock().unwrap().push(deadline());
                waits.as_mut().poll(cx)
            })
            .await;
        }));
        for limit in [3, 5] {
            let polls = async {
                for _ in 0..2 {
                    gate.wake();
                    assert!(poll_once(work.as_mut()).await.is_pending());
                    yield_now().await;
                }
            };
            timeout(limit * SECOND, polls).await.map_err(|_| "late")?;
        }
        gate.wake();
        assert!(poll_once(work.as_mut()).await.is_pending());
        Ok(())
    }));
    assert!(run.finish().is_ok());
    let mut seen = seen.lock().unwrap().clone();
    seen.dedup();
    let after = |seconds: u32| -> Option<Instant> { Some(start + seconds * SECOND) };
    assert_eq!(seen, [after(3), after(5), after(9)]);
}

/// The holds of a future count where it was polled last.
fn a_shield_holds_where_it_is_polled_now_and_nowhere_else() {
    let (gate, log) = (Gate::new(), Log::new());
    let slot = Mutex::new(None);
    let (first, second) = (CancelToken::new(), CancelToken::new());
    let mut first_scope = by_hand(fail_fast::<()>().cancel_on(&first).run(async |_| {
        let mut held = Box::pin(shield(async {
            gate.wait().await;
            log.note("done");
        }));
        assert!(poll_once(held.as_mut()).await.is_pending());
        *slot.lock().unwrap() = Some(held);
        pending::<Result<(), _>>().await
    }));
    assert!(first_scope.poll_until_idle().is_pending());
    let held = slot.lock().unwrap().take().expect("it was put there");
    let mut second_scope = by_hand(fail_fast::<()>().cancel_on(&second).run(async |s| {
        s.spawn(held.map(Ok));
        pending::<Result<(), _>>().await
    }));
    assert!(second_scope.poll_until_idle().is_pending());
    first.cancel();
    assert!(first_scope.finish().is_err(), "it is held no longer");
    second.cancel();
    assert!(second_scope.poll_until_idle().is_pending(), "it is held now");
    gate.open();
    assert!(second_scope.finish().is_err());
    assert_eq!(log.entries(), ["done"]);
}

/// Until it is polled elsewhere it belongs to where it was polled last.
fn a_shield_that_is_put_away_holds_where_it_was_polled_last() {
    let (gate, token) = (Gate::new(), CancelToken::new());
    let slot = Mutex::new(None);
    let mut run = by_hand(fail_fast::<()>().cancel_on(&token).run(async |_| {
        let mut held = Box::pin(shield(gate.wait()));
        assert!(poll_once(held.as_mut()).await.is_pending());
        *slot.lock().unwrap() = Some(held);
        pending::<Result<(), _>>().await
    }));
    assert!(run.poll_until_idle().is_pending());
    token.cancel();
    assert!(run.poll_until_idle().is_pending(), "its hold counts here");
    let mut held = by_hand(slot.lock().unwrap().take().expect("it was put there"));
    assert!(held.poll().is_pending());
    assert!(run.finish().is_err(), "its hold has moved");
    gate.open();
    held.finish();
}

/// Outside of any task it is left alone.
fn a_scope_that_is_taken_out_of_a_cancelled_child_goes_on() {
    let (gate, token, log) = (Gate::new(), CancelToken::new(), Log::new());
    let slot = Mutex::new(None);
    let mut run = by_hand(settled::<()>().cancel_on(&token).run(async |s| {
        s.spawn(async {
            let mut work = Box::pin(scope(async |inner| {
                inner.spawn(log.traced("work", gate.wait())).await;
                7
            }));
            assert!(poll_once(work.as_mut()).await.is_pending());
            *slot.lock().unwrap() = Some(work);
            pending::<Result<(), ()>>().await
        });
        pending::<Result<(), ()>>().await
    }));
    assert!(run.poll_until_idle().is_pending());
    let mut work = by_hand(slot.lock().unwrap().take().expect("it was put there"));
    assert!(work.poll_until_idle().is_pending());
    token.cancel();
    assert!(run.finish().is_err());
    assert!(work.poll_until_idle().is_pending());
    assert!(!log.has("work dropped"));
    gate.open();
    assert_eq!(work.finish(), 7);
}

/// The names and the runtime are those of the first poll, wherever it is polled then.
fn a_scope_keeps_the_runtime_of_its_first_poll() {
    let (first, second) = (TestClock::new(), TestClock::new());
    let mut work = Box::pin(scope(async |_| purview::sleep(SECOND).await));
    let mut begins = by_hand(on(&first).run(async |_| Ok(poll_once(work.as_mut()).await.is_pending())));
    assert_eq!(begins.finish().ok(), Some(true));
    drop(begins);
    let mut ends = by_hand(on(&second).run(async |_| {
        work.await;
        Ok(())
    }));
    assert!(ends.poll_until_idle().is_pending());
    second.advance(9 * SECOND);
    assert!(ends.poll_until_idle().is_pending());
    first.advance(SECOND);
    assert!(ends.finish().is_ok());
}

polled_on_every_runtime_and_in_virtual_time!(
    a_timeout_for_each_item_loses_no_item,
    a_timeout_for_each_item_that_is_late_loses_no_item,
    a_timeout_that_was_not_needed_ends_nothing,
    a_wait_for_cancellation_that_is_kept_from_turn_to_turn_is_told_nothing_before_there_is_something,
    a_connection_that_was_begun_outside_and_then_spawned_cleans_up_and_sees_the_deadline,
    a_scope_sees_the_deadline_of_where_it_is_polled_now,
    a_shield_holds_where_it_is_polled_now_and_nowhere_else,
    a_shield_that_is_put_away_holds_where_it_was_polled_last,
    a_scope_that_is_taken_out_of_a_cancelled_child_goes_on,
    a_scope_keeps_the_runtime_of_its_first_poll,
);
