//! A child that holds and fails while it cleans up is reported after the cause, in the order seen; a cancelled child is not.

use purview::{Scope, TaskError, fail_fast, shield, try_scope};
use purview_tests::{Gate, by_hand, polled_on_every_runtime, yield_now};

type FailFast = purview::FailFast<&'static str>;

/// A child that cleans up behind a shield until `gate` opens, and then fails with `error`.
fn fails_while_it_cleans_up<'env>(s: &Scope<'env, FailFast>, gate: &Gate, error: &'static str) {
    let cleaned = gate.wait();
    s.task().name(error).spawn(shield(async move {
        cleaned.await;
        Err::<(), _>(error)
    }));
}

/// The names and errors of the failures of a scope in which holders fail in the order in which `gates` open.
fn holders_that_fail_are_all_reported() {
    let gates = [Gate::new(), Gate::new(), Gate::new()];
    let mut run = by_hand(fail_fast::<&str>().run(async |s| {
        for (gate, error) in gates.iter().zip(["a", "b", "c"]) {
            fails_while_it_cleans_up(&s, gate, error);
        }
        s.task().name("cause").spawn(async { Err::<(), _>("first") });
        Ok(())
    }));
    assert!(run.poll_until_idle().is_pending());
    for i in [1, 2, 0] {
        assert!(run.poll_until_idle().is_pending());
        gates[i].open();
    }
    let failures = run.finish().expect_err("a child failed").into_failures();
    let seen: Vec<_> = failures
        .iter()
        .map(|f| match f.error {
            TaskError::Failed(error) => (f.task.name(), error),
            ref other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(seen, [("cause", "first"), ("b", "b"), ("c", "c"), ("a", "a")]);
}

fn a_body_that_holds_and_fails_is_reported_after_the_cause() {
    let gate = Gate::new();
    let mut run = by_hand(fail_fast::<&str>().run(async |s| {
        s.spawn(async {
            yield_now().await;
            Err::<(), _>("first")
        });
        shield(gate.wait()).await;
        Err::<(), _>("second, from the body")
    }));
    assert!(run.poll_until_idle().is_pending());
    gate.open();
    let failures = run.finish().expect_err("a child failed").into_failures();
    assert_eq!(failures.len(), 2);
    assert!(matches!(failures[0].error, TaskError::Failed("first")));
    assert!(matches!(failures[1].error, TaskError::Failed("second, from the body")));
}

fn a_child_that_was_cancelled_is_never_a_failure() {
    let mut run = by_hand(fail_fast::<&str>().run(async |s| {
        for _ in 0..3 {
            s.spawn(std::future::pending::<Result<(), _>>());
        }
        Err::<(), _>("only")
    }));
    assert_eq!(run.finish().expect_err("the body failed").failures().len(), 1);
}

fn a_holder_that_ends_well_is_no_failure_and_its_value_is_dropped() {
    let gate = Gate::new();
    let mut run = by_hand(fail_fast::<&str>().run(async |s| {
        s.spawn(shield(async {
            gate.wait().await;
            Ok("cleaned")
        }));
        Err::<(), _>("only")
    }));
    assert!(
        run.poll_until_idle().is_ready(),
        "a child that never started holds nothing"
    );

    let mut run = by_hand(fail_fast::<&str>().run(async |s| {
        s.spawn(shield(async {
            gate.wait().await;
            Ok("cleaned")
        }));
        yield_now().await;
        Err::<(), _>("only")
    }));
    assert!(run.poll().is_pending());
    gate.open();
    assert_eq!(run.finish().expect_err("the body failed").failures().len(), 1);
}

fn try_scope_gives_the_first_of_them_bare() {
    let gate = Gate::new();
    let mut run = by_hand(try_scope(async |s| {
        fails_while_it_cleans_up(&s, &gate, "later");
        yield_now().await;
        Err::<(), _>("first")
    }));
    assert!(run.poll_until_idle().is_pending());
    gate.open();
    assert_eq!(run.finish(), Err("first"));
}

polled_on_every_runtime!(
    holders_that_fail_are_all_reported,
    a_body_that_holds_and_fails_is_reported_after_the_cause,
    a_child_that_was_cancelled_is_never_a_failure,
    a_holder_that_ends_well_is_no_failure_and_its_value_is_dropped,
    try_scope_gives_the_first_of_them_bare,
);
