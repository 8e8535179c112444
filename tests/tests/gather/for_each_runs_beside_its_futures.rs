//! The closure of a `for_each` and the futures run side by side, one result at a time.

use std::{
    cell::RefCell,
    future::{Ready, pending, ready},
    time::Duration,
};

use futures::{FutureExt, StreamExt, stream};
use purview::{CancelReason, CancelToken, Stopped, TaskError, gather, gather_stream, shield, sleep};
use purview_tests::{
    Gate, PollCount, TestClock, by_hand, on_every_runtime, polled_on_every_runtime, yield_now, yields,
};

const SECOND: Duration = Duration::from_secs(1);

async fn every_result_comes_once_in_the_order_of_completion() {
    let seen = std::sync::Mutex::new(Vec::new());
    let futures = (0..5).map(async |n| {
        yields(5 - n).await;
        if n == 3 { Err(n) } else { Ok(n) }
    });
    gather(futures)
        .for_each(async |index, result| {
            yield_now().await;
            let result = result.map_err(|error| matches!(error, TaskError::Failed(3)));
            seen.lock().expect("no panic").push((index, result));
        })
        .await;
    let expected = [(4, Ok(4)), (3, Err(true)), (2, Ok(2)), (1, Ok(1)), (0, Ok(0))];
    assert_eq!(seen.into_inner().expect("no panic"), expected);
}

fn futures_run_on_while_the_closure_awaits() {
    let (polls, calls, gate) = (PollCount::new(), PollCount::new(), Gate::new());
    let ticking = polls.of(yields(50).map(Ok::<_, ()>));
    let mut each =
        by_hand(gather([ready(Ok(())).left_future(), ticking.right_future()]).for_each(|_, _| calls.of(gate.wait())));
    assert!(each.poll_until_idle().is_pending());
    assert_eq!(polls.get(), 51, "it has come to its end");
    assert_eq!(calls.get(), 1, "the closure was not woken");
    gate.open();
    each.finish();
    assert_eq!(calls.get(), 3, "once more, and once for the second result");
}

fn a_closure_that_only_yields_is_polled_once_a_pass() {
    let (polls, calls) = (PollCount::new(), PollCount::new());
    let futures = (0..10).map(|_| polls.of(yields(3)).map(Ok::<_, ()>));
    let mut each = by_hand(gather(futures).for_each(|_, _| calls.of(yields(100))));
    while polls.get() < 40 {
        let before = calls.get();
        assert!(each.poll().is_pending());
        assert!(calls.get() <= before + 2, "polled {} times", calls.get() - before);
    }
    each.finish();
    assert_eq!(calls.get(), 10 * 101);
}

fn calls_that_are_ready_at_once_give_way_where_only_calls_are_left() {
    let (calls, gate) = (PollCount::new(), Gate::new());
    let futures = (0..1000).map(|_| ready(Ok::<_, ()>(())));
    let mut each = by_hand(gather(futures).for_each(|_, _| calls.of(gate.wait())));
    assert!(each.poll_until_idle().is_pending());
    assert_eq!(calls.get(), 1);
    gate.open();
    // A pass has 128 steps.
    let (mut before, mut passes) = (calls.get(), 0);
    while each.poll().is_pending() {
        let made = calls.get() - before;
        assert!(made <= 128, "{made} calls in one poll");
        (before, passes) = (calls.get(), passes + 1);
    }
    assert!(passes >= 1000 / 128, "in {passes} passes");
}

fn a_closure_that_a_future_wakes_is_polled_in_the_same_pass() {
    let (call, future, calls) = (Gate::new(), Gate::new(), PollCount::new());
    let wakes = async {
        future.wait().await;
        call.open();
        pending().await
    };
    let futures = [ready(Ok::<_, ()>(())).left_future(), wakes.right_future()];
    let mut each = by_hand(gather(futures).for_each(|_, _| calls.of(call.wait())));
    assert!(each.poll_until_idle().is_pending());
    assert_eq!(calls.get(), 1);
    future.open();
    assert!(each.poll().is_pending());
    assert_eq!(calls.get(), 2);
}

/// What the futures wait for is brought about by the closure, and the other way round.
async fn closure_and_futures_may_wait_for_each_other() {
    let (to_future, to_closure) = (Gate::new(), Gate::new());
    let (first, second) = (to_future.clone(), to_closure.clone());
    let waits = async move {
        first.wait().await;
        second.open();
        Ok::<_, ()>(())
    };
    gather([ready(Ok(())).left_future(), waits.right_future()])
        .for_each(async |index, _| {
            if index == 0 {
                to_future.open();
                to_closure.wait().await;
            }
        })
        .await;
}

/// Results that wait for the closure keep their places, so the source is at most `limit` ahead.
fn a_slow_closure_slows_the_source_down() {
    let (pulls, gate) = (PollCount::new(), Gate::new());
    let source = stream::iter(0..100).map(|n| {
        pulls.add_one();
        ready(Ok::<_, ()>(n))
    });
    let mut each = by_hand(gather_stream(source).limit(4).for_each(|_, _| gate.wait()));
    assert!(each.poll_until_idle().is_pending());
    assert_eq!(pulls.get(), 4);
    gate.open();
    each.finish();
    assert_eq!(pulls.get(), 100);
}

fn the_deadline_cuts_the_futures_and_not_the_closure() {
    let (clock, seen) = (TestClock::new(), RefCell::new(Vec::new()));
    let gate = Gate::new();
    let mut each = by_hand(
        gather([
            ready(Ok::<_, &str>(())).left_future(),
            pending().right_future(),
            pending().right_future(),
        ])
        .limit(2)
        .timeout(SECOND)
        .runtime(clock.clone())
        .for_each(|index, result| {
            seen.borrow_mut()
                .push((index, result.map_err(|error| error.to_string())));
            gate.wait()
        }),
    );
    assert!(each.poll_until_idle().is_pending());
    clock.advance(SECOND);
    assert!(each.poll_until_idle().is_pending(), "the first call still waits");
    gate.open();
    each.finish();
    let late = TaskError::<&str>::Cancelled(CancelReason::DeadlineExceeded).to_string();
    assert_eq!(*seen.borrow(), [(0, Ok(())), (1, Err(late.clone())), (2, Err(late))]);
}

/// The last result is in, and only the closure can wake the gather any more.
async fn a_closure_may_outlast_the_futures() {
    let calls = PollCount::new();
    gather((0..3).map(async |n| Ok::<_, ()>(n)))
        .for_each(|_, _| {
            calls.of(async {
                yields(5).await;
                sleep(Duration::from_millis(1)).await;
                yields(5).await;
            })
        })
        .await;
    assert!(calls.get() >= 3 * 12);
}

async fn ten_thousand_results_for_a_closure_that_is_ready_at_once() {
    let calls = PollCount::new();
    gather((0..10_000).map(async |n| Ok::<_, ()>(n)))
        .for_each(|_, _| calls.of(ready(())))
        .await;
    assert_eq!(calls.get(), 10_000);
}

fn a_call_that_a_future_wakes_goes_on_in_the_same_poll() {
    let (gate, calls) = (Gate::new(), PollCount::new());
    let futures = [0, 1].map(async |n| {
        if n == 1 {
            gate.open();
            pending::<()>().await;
        }
        Ok::<_, ()>(n)
    });
    let mut each = by_hand(gather(futures).for_each(|_, _| calls.of(gate.wait())));
    assert!(each.poll().is_pending());
    assert_eq!((calls.get(), each.wakes()), (2, 0));
}

/// A cancellation is no error where nothing is missing: the source has ended, and every item was seen.
fn one_that_has_seen_every_item_of_a_stream_is_ok_though_it_was_cancelled() {
    let seen = |is_endless: bool| {
        let (token, gate) = (CancelToken::new(), Gate::new());
        let end = if is_endless {
            stream::pending().left_stream()
        } else {
            stream::empty().right_stream()
        };
        let futures = [1, 2].map(|n| shield(gate.wait().map(move |()| Ok::<_, ()>(n))));
        let items = stream::iter(futures).chain(end);
        let all = gather_stream(items)
            .cancel_on(&token)
            .try_for_each(|_, _| ready(Ok::<_, Stopped>(())));
        let mut all = by_hand(all);
        assert!(all.poll_until_idle().is_pending());
        token.cancel();
        gate.open();
        all.finish().is_ok()
    };
    assert_eq!((seen(false), seen(true)), (true, false));
}

fn one_over_nothing_is_ok_though_it_was_cancelled() {
    let token = CancelToken::new();
    token.cancel();
    let none = gather(Vec::<Ready<Result<(), ()>>>::new()).cancel_on(&token);
    let mut none = by_hand(none.try_for_each(|_, _| ready(Ok::<_, Stopped>(()))));
    assert!(none.finish().is_ok());
}

on_every_runtime!(
    every_result_comes_once_in_the_order_of_completion,
    closure_and_futures_may_wait_for_each_other,
    a_closure_may_outlast_the_futures,
    ten_thousand_results_for_a_closure_that_is_ready_at_once,
);
polled_on_every_runtime!(
    a_call_that_a_future_wakes_goes_on_in_the_same_poll,
    futures_run_on_while_the_closure_awaits,
    a_closure_that_only_yields_is_polled_once_a_pass,
    calls_that_are_ready_at_once_give_way_where_only_calls_are_left,
    a_closure_that_a_future_wakes_is_polled_in_the_same_pass,
    a_slow_closure_slows_the_source_down,
    the_deadline_cuts_the_futures_and_not_the_closure,
    one_that_has_seen_every_item_of_a_stream_is_ok_though_it_was_cancelled,
    one_over_nothing_is_ok_though_it_was_cancelled,
);
