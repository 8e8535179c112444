//! A child is polled only if it was woken; a poll of the scope ends after the first that comes up a second time in it.

use purview::{fail_fast, scope};
use purview_tests::{Gate, PollCount, by_hand, polled_on_every_runtime, yields};

fn ten_children_that_wake_themselves_take_turns_and_one_of_them_comes_up_twice_in_a_pass() {
    let counts: Vec<PollCount> = (0..10).map(|_| PollCount::new()).collect();
    let mut run = by_hand(scope(async |s| {
        for count in &counts {
            s.spawn(count.of(yields(1_000)));
        }
    }));
    let polls = || counts.iter().map(PollCount::get).collect::<Vec<_>>();
    for pass in 1..=20 {
        let before: usize = polls().iter().sum();
        assert!(run.poll().is_pending());
        let after = polls();
        let (most, fewest) = (after.iter().max(), after.iter().min());
        assert!(
            most.zip(fewest).is_some_and(|(most, fewest)| most - fewest <= 1),
            "after {pass} passes: {after:?}"
        );
        let polled = after.iter().sum::<usize>() - before;
        // The set gives way after two that yield, so the one behind it may be polled again too.
        assert!((11..=12).contains(&polled), "each once, and one or two again: {polled}");
    }
}

fn waking_one_of_ten_thousand_polls_one() {
    let (gates, polls): (Vec<Gate>, _) = ((0..10_000).map(|_| Gate::new()).collect(), PollCount::new());
    let mut run = by_hand(scope(async |s| {
        for gate in &gates {
            s.spawn(polls.of(gate.wait()));
        }
    }));
    assert!(run.poll_until_idle().is_pending());
    assert_eq!(polls.get(), 10_000, "every child is polled once to start it");
    for (i, gate) in gates.iter().enumerate().skip(5_000).take(100) {
        gate.wake();
        assert!(run.poll_until_idle().is_pending());
        assert_eq!(polls.get(), 10_000 + i - 4_999);
    }
}

fn a_child_woken_many_times_is_polled_once() {
    let (gates, polls): ([Gate; 20], _) = (std::array::from_fn(|_| Gate::new()), PollCount::new());
    let mut run = by_hand(scope(async |s| {
        s.spawn(polls.of(futures::future::join_all(gates.iter().map(Gate::wait))));
    }));
    assert!(run.poll_until_idle().is_pending());
    for round in 1..=5 {
        assert_eq!(polls.get(), round);
        gates.iter().for_each(Gate::wake);
        assert!(run.poll_until_idle().is_pending());
    }
}

fn a_scope_with_nothing_to_do_does_not_wake_itself() {
    let mut run = by_hand(scope(async |s| {
        for _ in 0..10 {
            s.spawn(std::future::pending::<()>());
        }
    }));
    assert!(run.poll_until_idle().is_pending());
    let wakes = run.wakes();
    for _ in 0..10 {
        assert!(run.poll().is_pending());
    }
    assert_eq!(run.wakes(), wakes);
}

fn a_wake_of_a_finished_child_polls_nothing() {
    let (gate, polls) = (Gate::new(), PollCount::new());
    let mut run = by_hand(fail_fast::<()>().run(async |s| {
        let (wait, first) = (gate.wait(), polls.clone());
        s.spawn(polls.of(async move {
            futures::future::select(wait, std::future::ready(())).await;
            first.add_one();
            Ok(())
        }));
        s.spawn(polls.of(std::future::pending::<Result<(), ()>>()));
        Ok(())
    }));
    assert!(run.poll_until_idle().is_pending());
    assert_eq!(polls.get(), 3);
    gate.wake();
    assert!(run.poll_until_idle().is_pending());
    assert_eq!(polls.get(), 3);
}

fn children_spawned_together_are_started_in_the_order_of_spawning() {
    let log = purview_tests::Log::new();
    let mut run = by_hand(scope(async |s| {
        for name in ["a", "b", "c"] {
            s.spawn(log.traced(name, std::future::pending::<()>()));
        }
    }));
    assert!(run.poll_until_idle().is_pending());
    assert_eq!(log.entries(), ["a polled", "b polled", "c polled"]);
}

polled_on_every_runtime!(
    ten_children_that_wake_themselves_take_turns_and_one_of_them_comes_up_twice_in_a_pass,
    waking_one_of_ten_thousand_polls_one,
    a_child_woken_many_times_is_polled_once,
    a_scope_with_nothing_to_do_does_not_wake_itself,
    a_wake_of_a_finished_child_polls_nothing,
    children_spawned_together_are_started_in_the_order_of_spawning,
);
