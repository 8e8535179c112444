//! A gather is polled when one of its futures was woken, and then it polls that one; it never wakes itself while it
//! has nothing to do.

use std::{
    array::from_fn,
    future::{pending, poll_fn, ready},
    pin::pin,
    task::Poll,
    time::Duration,
};

use futures::{FutureExt, StreamExt, stream};
use purview::{gather, gather_stream};
use purview_tests::{Gate, PollCount, TestClock, by_hand, on_every_runtime, polled_on_every_runtime, yields};

const MINUTE: Duration = Duration::from_secs(60);

/// Wakes itself and is ready all the same, as a future that was woken while it was being polled is.
async fn woken_and_ready() -> Result<(), ()> {
    poll_fn(|cx| {
        cx.waker().wake_by_ref();
        Poll::Ready(Ok(()))
    })
    .await
}

/// Ready at once; its waker is kept by the gate.
async fn leaves_its_waker_at(gate: &Gate) -> Result<(), ()> {
    let mut wait = pin!(gate.wait());
    poll_fn(|cx| {
        assert!(wait.as_mut().poll(cx).is_pending());
        Poll::Ready(Ok(()))
    })
    .await
}

fn a_future_that_is_woken_as_it_ends_is_polled_no_more() {
    let mut set = by_hand(gather((0..3).map(async |n| {
        if n == 1 {
            pending::<()>().await;
        }
        woken_and_ready().await
    })));
    assert!(set.poll_until_idle().is_pending());
    let mut mixed = by_hand(gather!(
        woken_and_ready(),
        pending::<Result<(), ()>>(),
        woken_and_ready()
    ));
    assert!(mixed.poll_until_idle().is_pending());
}

fn wakers_of_futures_that_have_ended_ask_for_nothing_more() {
    let gate = Gate::new();
    let mut mixed = by_hand(gather!(leaves_its_waker_at(&gate), pending::<Result<(), ()>>()));
    assert!(mixed.poll_until_idle().is_pending());
    gate.wake();
    assert!(mixed.poll_until_idle().is_pending());

    let gate = Gate::new();
    let mut set = by_hand(gather([0, 1].map(async |n| {
        if n == 1 {
            pending::<()>().await;
        }
        leaves_its_waker_at(&gate).await
    })));
    assert!(set.poll_until_idle().is_pending());
    let wakes = set.wakes();
    gate.wake();
    assert_eq!(set.wakes(), wakes);
}

fn only_the_future_that_was_woken_is_polled() {
    let gates: Vec<_> = (0..100).map(|_| Gate::new()).collect();
    let polls = PollCount::new();
    let mut set = by_hand(gather(gates.iter().map(|gate| {
        polls.of(async {
            gate.wait().await;
            Ok::<_, ()>(())
        })
    })));
    assert!(set.poll_until_idle().is_pending());
    assert_eq!(polls.get(), 100);
    gates[40].open();
    assert!(set.poll_until_idle().is_pending());
    gates[41].wake();
    assert!(set.poll_until_idle().is_pending());
    assert_eq!(polls.get(), 102);
    assert!(set.poll().is_pending(), "nothing was woken");
    assert_eq!(polls.get(), 102);

    let (a, b) = (PollCount::new(), PollCount::new());
    let mut mixed = by_hand(gather!(
        a.of(gates[0].wait().map(Ok::<_, ()>)),
        b.of(gates[1].wait().map(Ok)),
    ));
    assert!(mixed.poll_until_idle().is_pending());
    gates[1].open();
    assert!(mixed.poll_until_idle().is_pending());
    assert_eq!((a.get(), b.get()), (1, 2));
}

fn each_of_twelve_has_a_waker_of_its_own() {
    let gates: [Gate; 12] = from_fn(|_| Gate::new());
    let polls: [PollCount; 12] = from_fn(|_| PollCount::new());
    let one = |n: usize| polls[n].of(gates[n].wait().map(move |()| Ok::<_, ()>(n)));
    let mut mixed = by_hand(gather!(
        one(0),
        one(1),
        one(2),
        one(3),
        one(4),
        one(5),
        one(6),
        one(7),
        one(8),
        one(9),
        one(10),
        one(11)
    ));
    assert!(mixed.poll_until_idle().is_pending());
    for (woken, gate) in gates.iter().enumerate() {
        gate.wake();
        assert!(mixed.poll_until_idle().is_pending());
        let expected: [usize; 12] = from_fn(|n| if n <= woken { 2 } else { 1 });
        assert_eq!(from_fn(|n| polls[n].get()), expected);
    }
    gates.iter().for_each(Gate::open);
    assert_eq!(mixed.finish().ok(), Some((0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)));
}

fn a_source_that_waits_is_polled_only_when_it_was_woken() {
    let (gate, polls, asked) = (Gate::new(), PollCount::new(), PollCount::new());
    let mut wait = Box::pin(gate.wait());
    let counted = &asked;
    let source = stream::iter([7]).chain(stream::poll_fn(move |cx| {
        counted.add_one();
        wait.as_mut().poll(cx).map(|()| None)
    }));
    let gates = Gate::new();
    let child = &gates;
    let mut set = by_hand(gather_stream(source.map(|n| {
        polls.of(async move {
            child.wait().await;
            Ok::<_, ()>(n)
        })
    })));
    assert!(set.poll_until_idle().is_pending());
    child.wake();
    assert!(set.poll_until_idle().is_pending());
    assert_eq!((asked.get(), polls.get()), (1, 2));
    gate.open();
    assert!(set.poll_until_idle().is_pending());
    assert_eq!((asked.get(), polls.get()), (2, 2));
    child.open();
    assert_eq!(set.finish().ok(), Some(vec![7]));
    assert_eq!(asked.get(), 2, "a source that has ended is left alone");
}

fn all_that_a_source_has_after_a_pause_are_started_without_a_wake() {
    let (gate, polls) = (Gate::new(), PollCount::new());
    let pause = stream::once(gate.wait()).filter_map(|()| ready(None));
    let numbers = stream::iter(0..1).chain(pause).chain(stream::iter(0..100));
    let mut set = by_hand(gather_stream(numbers.map(|_| polls.of(pending::<Result<(), ()>>()))));
    assert!(set.poll_until_idle().is_pending());
    assert_eq!(polls.get(), 1);
    gate.open();
    assert!(set.poll_until_idle().is_pending());
    assert_eq!(polls.get(), 101);
}

fn one_that_waits_for_its_deadline_makes_one_timer_and_sleeps() {
    let clock = TestClock::new();
    let mut set = by_hand(
        gather([pending::<Result<(), ()>>()])
            .runtime(clock.clone())
            .timeout(MINUTE),
    );
    let mut mixed = by_hand(
        gather!(pending::<Result<(), ()>>())
            .runtime(clock.clone())
            .timeout(MINUTE),
    );
    for _ in 0..10 {
        assert!(set.poll_until_idle().is_pending());
        assert!(mixed.poll_until_idle().is_pending());
        clock.advance(Duration::from_secs(1));
    }
    assert_eq!(clock.timers_created(), 2);
    assert_eq!((set.wakes(), mixed.wakes()), (0, 0));
    clock.advance(MINUTE);
    assert!(set.finish().expect_err("late").is_deadline_exceeded());
    assert!(mixed.finish().expect_err("late").is_deadline_exceeded());
    assert_eq!(clock.timers_alive(), 0);
}

fn futures_that_are_ready_need_no_timer() {
    let clock = TestClock::new();
    let all = gather((0..10).map(async |n| Ok::<_, ()>(n)))
        .runtime(clock.clone())
        .timeout(MINUTE);
    assert_eq!(by_hand(all).finish().map(|all| all.len()).ok(), Some(10));
    let mixed = gather!(async { Ok::<_, ()>(1) }, async { Ok(2) })
        .runtime(clock.clone())
        .timeout(MINUTE);
    assert_eq!(by_hand(mixed).finish().ok(), Some((1, 2)));
    assert_eq!(clock.timers_created(), 0);
}

fn all_of_many_are_started_without_a_wake() {
    let polls = PollCount::new();
    let many = || (0..1_000).map(|_| polls.of(pending::<Result<(), ()>>()));
    let mut set = by_hand(gather(many()));
    assert!(set.poll_until_idle().is_pending());
    assert_eq!(polls.get(), 1_000);
    let mut set = by_hand(gather_stream(stream::iter(many())));
    assert!(set.poll_until_idle().is_pending());
    assert_eq!(polls.get(), 2_000);
}

/// One poll is at most 128 steps, and ends after the first future that comes up a second time in it.
fn a_pass_is_bounded() {
    let polls = PollCount::new();
    let mut set = by_hand(gather((0..1_000).map(|_| polls.of(pending::<Result<(), ()>>()))));
    let mut before = 0;
    while polls.get() < 1_000 {
        assert!(set.poll().is_pending());
        let polled = polls.get() - before;
        assert!((1..=128).contains(&polled), "{polled} futures in one poll");
        before = polls.get();
    }

    let restless = PollCount::new();
    let mut set = by_hand(gather([(); 3].map(|()| restless.of(yields(100).map(Ok::<_, ()>)))));
    for passes in 1..=3 {
        assert!(set.poll().is_pending());
        assert_eq!(restless.get(), 4 * passes, "each once, and one of them again");
    }

    let restless = PollCount::new();
    let yielding = || restless.of(yields(100).map(Ok::<_, ()>));
    let mut mixed = by_hand(gather!(yielding(), yielding(), yielding()));
    for passes in 1..=3 {
        assert!(mixed.poll().is_pending());
        assert_eq!(restless.get(), 4 * passes);
    }
}

/// A `for_each` takes many results in one poll, and yet does not keep the executor to itself.
fn a_pass_of_a_for_each_is_bounded() {
    let (polls, calls) = (PollCount::new(), PollCount::new());
    let futures = (0..10_000).map(|_| polls.of(async { Ok::<_, ()>(()) }));
    let mut each = by_hand(gather(futures).for_each(async |_, _| calls.add_one()));
    let mut before = 0;
    while each.poll().is_pending() {
        let polled = polls.get() - before;
        assert!(polled <= 128, "{polled} futures in one poll");
        before = polls.get();
    }
    assert_eq!((polls.get(), calls.get()), (10_000, 10_000));
}

async fn ten_thousand_futures_that_yield_come_to_their_end() {
    let all = gather((0..10_000).map(async |n| {
        yields(3).await;
        Ok::<_, ()>(n)
    }));
    assert!(all.await.is_ok_and(|all| all.into_iter().eq(0..10_000)));
}

fn a_task_that_was_given_a_result_is_not_woken_for_the_next() {
    let mut each = gather((0..3).map(async |n| Ok::<_, ()>(n))).as_completed();
    for n in 0..3 {
        let mut next = by_hand(each.next());
        assert!(matches!(next.poll(), Poll::Ready(Some((index, Ok(_)))) if index == n));
        assert_eq!(next.wakes(), 0);
    }
    let mut end = by_hand(each.next());
    assert!(matches!(end.poll(), Poll::Ready(None)));
    assert_eq!(end.wakes(), 0);
}

polled_on_every_runtime!(
    each_of_twelve_has_a_waker_of_its_own,
    all_that_a_source_has_after_a_pause_are_started_without_a_wake,
    all_of_many_are_started_without_a_wake,
    a_task_that_was_given_a_result_is_not_woken_for_the_next,
    a_future_that_is_woken_as_it_ends_is_polled_no_more,
    wakers_of_futures_that_have_ended_ask_for_nothing_more,
    only_the_future_that_was_woken_is_polled,
    a_source_that_waits_is_polled_only_when_it_was_woken,
    one_that_waits_for_its_deadline_makes_one_timer_and_sleeps,
    futures_that_are_ready_need_no_timer,
    a_pass_is_bounded,
    a_pass_of_a_for_each_is_bounded,
);
on_every_runtime!(ten_thousand_futures_that_yield_come_to_their_end);
