//! What a `Task` says before the end, at the end, and when asked again.

use std::convert::Infallible;

use purview::{Task, TaskError, fail_fast, scope, settled, try_scope};
use purview_tests::{Gate, Log, by_hand, caught, on_every_runtime, polled_on_every_runtime, yield_now};

fn a_finished_task_gives_the_same_answer_when_asked_again() {
    let (child, body) = (Gate::new(), Gate::new());
    let mut task = None;
    let slot = &mut task;
    let mut run = by_hand(scope(async |s| {
        *slot = Some(s.spawn(async {
            child.wait().await;
            7
        }));
        body.wait().await;
    }));
    assert!(run.poll_until_idle().is_pending());
    child.open();
    assert!(run.poll_until_idle().is_pending());
    body.open();
    run.finish();
    drop(run);
    let task = task.expect("the body ran");
    assert!(task.is_finished());
    assert!(task.is_finished(), "a second time");
    assert_eq!(by_hand(task).finish(), 7);
}

async fn is_finished_turns_when_the_child_ends() {
    let gate = Gate::new();
    scope(async |s| {
        let task = s.spawn(gate.wait());
        assert!(!task.is_finished());
        yield_now().await;
        assert!(!task.is_finished());
        gate.open();
        while !task.is_finished() {
            yield_now().await;
        }
        task.await;
    })
    .await;
}

async fn the_task_of_a_failed_child_gives_its_error_in_a_settled_scope() {
    let settlement = settled::<&str>().run(async |s| {
        let failed: Result<(), _> = s.spawn(async { Err("no") }).await;
        let worked: Result<u32, _> = s.spawn(async { Ok(7) }).await;
        Ok((matches!(failed, Err(TaskError::Failed("no"))), worked.ok()))
    });
    let settlement = settlement.await.expect("the body worked");
    assert_eq!(settlement.value, (true, Some(7)));
    assert!(
        settlement.failures.is_empty(),
        "an error that was handed to its task is not reported twice"
    );
}

async fn a_fail_fast_scope_reports_the_original_error_exactly_once() {
    let log = Log::new();
    let failed = fail_fast::<&str>().run(async |s| {
        let task: Task<()> = s.spawn(async { Err("no") });
        task.await;
        log.note("a failure does not come back to the body");
        Ok(())
    });
    let error = failed.await.expect_err("a child failed");
    assert_eq!(error.failures().len(), 1);
    assert_eq!(error.into_failure(), Some("no"));
    assert!(log.entries().is_empty());
}

async fn an_error_is_not_lost_with_its_task() {
    let failed = try_scope(async |s| {
        drop(s.spawn(async {
            yield_now().await;
            Err::<(), _>("no")
        }));
        Ok(())
    });
    assert_eq!(failed.await, Err("no"));
    let settlement = settled::<&str>().run(async |s| {
        drop(s.spawn(async { Err::<(), _>("unheard") }));
        Ok(())
    });
    let failures = settlement.await.expect("the body worked").failures;
    assert!(
        matches!(failures[..], [ref f] if matches!(f.error, TaskError::Failed("unheard"))),
        "{failures:?}"
    );
}

async fn a_sibling_can_await_a_task() {
    let value = scope(async |s| {
        let first = s.spawn(async {
            yield_now().await;
            20
        });
        s.spawn(async move { first.await + 1 }).await
    });
    assert_eq!(value.await, 21);
}

async fn a_task_polled_after_it_gave_its_value_panics_and_says_so() {
    scope(async |s| {
        let mut task = s.spawn(async { 7 });
        assert_eq!((&mut task).await, 7);
        assert!(caught(&mut task).await.is_err());
    })
    .await;
}

async fn the_last_task_to_ask_is_the_one_that_is_woken() {
    let gate = Gate::new();
    let value = scope(async |s| {
        let mut task = s.spawn(async {
            gate.wait().await;
            7
        });
        assert!(
            by_hand(&mut task).poll().is_pending(),
            "asked here first, with another waker"
        );
        gate.open();
        task.await
    });
    assert_eq!(value.await, 7);
}

async fn what_a_task_gives_matches_the_policy() {
    let plain: u32 = scope(async |s| s.spawn(async { 1 }).await).await;
    let fail_fast: Result<u32, Infallible> = try_scope(async |s| Ok(s.spawn(async { Ok(2) }).await)).await;
    let settled: Option<u32> = settled::<Infallible>()
        .run(async |s| Ok(s.spawn(async { Ok(3) }).await.ok()))
        .await
        .expect("the body worked")
        .value;
    assert_eq!((plain, fail_fast, settled), (1, Ok(2), Some(3)));
}

polled_on_every_runtime!(a_finished_task_gives_the_same_answer_when_asked_again);
on_every_runtime!(
    is_finished_turns_when_the_child_ends,
    the_task_of_a_failed_child_gives_its_error_in_a_settled_scope,
    a_fail_fast_scope_reports_the_original_error_exactly_once,
    an_error_is_not_lost_with_its_task,
    a_sibling_can_await_a_task,
    a_task_polled_after_it_gave_its_value_panics_and_says_so,
    the_last_task_to_ask_is_the_one_that_is_woken,
    what_a_task_gives_matches_the_policy,
);
