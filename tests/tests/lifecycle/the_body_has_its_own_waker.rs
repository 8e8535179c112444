//! The body is polled when it was woken, not when a child was.

use purview::{fail_fast, scope};
use purview_tests::{Gate, PollCount, on_every_runtime, yields};

async fn a_hundred_yields_of_a_child_poll_the_body_at_most_twice() {
    let polls = PollCount::new();
    scope(|s| {
        polls.of(async move {
            s.spawn(yields(100)).await;
        })
    })
    .await;
    assert!(polls.get() <= 2, "the body was polled {} times", polls.get());
}

async fn a_hundred_yields_of_the_body_poll_a_waiting_child_at_most_twice() {
    let (gate, polls) = (Gate::new(), PollCount::new());
    scope(async |s| {
        s.spawn(polls.of(gate.wait()));
        yields(100).await;
        gate.open();
    })
    .await;
    assert!(polls.get() <= 2, "the child was polled {} times", polls.get());
}

async fn a_nested_body_is_not_polled_for_what_happens_around_it() {
    let (gate, polls) = (Gate::new(), PollCount::new());
    let counted = polls.clone();
    let done = fail_fast::<()>().run(async |outer| {
        let wait = gate.wait();
        outer.spawn(async move {
            scope(|_| counted.of(wait)).await;
            Ok(())
        });
        outer.spawn(async {
            yields(100).await;
            gate.open();
            Ok(())
        });
        Ok(())
    });
    assert!(done.await.is_ok());
    assert_eq!(polls.get(), 2);
}

on_every_runtime!(
    a_hundred_yields_of_a_child_poll_the_body_at_most_twice,
    a_hundred_yields_of_the_body_poll_a_waiting_child_at_most_twice,
    a_nested_body_is_not_polled_for_what_happens_around_it,
);
