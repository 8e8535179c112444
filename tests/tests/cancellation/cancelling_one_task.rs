//! `Task::cancel` ends one child and no other.

use std::future::pending;

use purview::{CancelReason, Task, TaskError, cancelled, fail_fast, scope, settled, shield, try_scope};
use purview_tests::{
    Gate, Log, PollCount, by_hand, caught, on_every_runtime, polled_on_every_runtime, yield_now, yields,
};

async fn its_siblings_and_its_scope_go_on() {
    let log = Log::new();
    let value = fail_fast::<&str>().run(async |s| {
        let task = s.spawn(log.traced("cancelled", pending::<Result<(), _>>()));
        let sibling = s.spawn(async {
            yields(5).await;
            Ok(7)
        });
        yield_now().await;
        task.cancel();
        let value = sibling.await;
        assert!(task.is_finished() && !s.is_cancelled());
        Ok(value)
    });
    assert_eq!(value.await.ok(), Some(7));
    assert_eq!(log.entries(), ["cancelled polled", "cancelled dropped"]);
}

async fn a_scope_whose_only_child_is_cancelled_ends_with_its_body() {
    let value = try_scope(async |s| {
        s.spawn(pending::<Result<(), &str>>()).cancel();
        Ok(7)
    });
    assert_eq!(value.await, Ok(7));
}

async fn a_settled_task_tells_that_it_was_requested() {
    let settlement = settled::<&str>().run(async |s| {
        let task = s.spawn(pending::<Result<(), _>>());
        task.cancel();
        task.cancel();
        Ok(matches!(
            task.await,
            Err(TaskError::Cancelled(CancelReason::Requested(None)))
        ))
    });
    assert!(settlement.await.expect("the body worked").value);
}

async fn awaiting_a_plain_or_fail_fast_task_that_was_cancelled_alone_panics_and_says_so() {
    let message = scope(async |s| {
        let task: Task<()> = s.spawn(pending());
        task.cancel();
        caught(task).await.expect_err("it can never yield")
    });
    assert!(message.await.contains("cancelled"));
    let message = try_scope(async |s| {
        let task: Task<()> = s.spawn(pending::<Result<(), &str>>());
        task.cancel();
        Ok(caught(task).await.expect_err("it can never yield"))
    });
    assert!(message.await.expect("nothing failed").contains("cancelled"));
}

fn a_child_that_was_never_polled_is_dropped_unpolled() {
    let (log, polls) = (Log::new(), PollCount::new());
    let mut run = by_hand(scope(async |s| {
        let guard = log.on_drop("child");
        let task = s.spawn(polls.of(async move { drop(guard) }));
        task.cancel();
        yield_now().await;
        assert!(task.is_finished());
    }));
    run.finish();
    assert_eq!((polls.get(), log.entries()), (0, vec!["child dropped".to_owned()]));
}

fn an_idle_child_is_dropped_without_another_poll_while_its_sibling_sleeps_on() {
    let (log, idle, task) = (Log::new(), Gate::new(), std::sync::Mutex::new(None));
    let mut run = by_hand(scope(async |s| {
        s.spawn(idle.wait());
        *task.lock().unwrap() = Some(s.spawn(log.traced("child", pending::<()>())));
    }));
    assert!(run.poll_until_idle().is_pending());
    let wakes = run.wakes();
    task.lock().unwrap().take().expect("the body ran").cancel();
    assert!(run.wakes() > wakes, "the scope is woken for it");
    assert!(run.poll_until_idle().is_pending());
    assert_eq!(log.entries(), ["child polled", "child dropped"]);
    idle.open();
    run.finish();
}

fn a_child_that_holds_is_waited_for() {
    let (gate, log) = (Gate::new(), Log::new());
    let mut run = by_hand(settled::<&str>().run(async |s| {
        let task = s.spawn(async {
            shield(gate.wait()).await;
            log.note("cleaned up");
            pending::<Result<(), _>>().await
        });
        yield_now().await;
        task.cancel();
        Ok(task.await.is_err())
    }));
    assert!(run.poll_until_idle().is_pending());
    assert!(log.entries().is_empty());
    gate.open();
    assert!(run.finish().expect("the body worked").value);
    assert_eq!(log.entries(), ["cleaned up"]);
}

fn a_child_that_waits_to_be_told_is_told() {
    let log = Log::new();
    let mut run = by_hand(scope(async |s| {
        let task = s.spawn(async { log.note(format!("told {:?}", cancelled().await)) });
        yield_now().await;
        task.cancel();
        while !task.is_finished() {
            yield_now().await;
        }
        assert!(!s.token().is_cancelled(), "the scope is not concerned");
    }));
    run.finish();
    assert_eq!(log.entries(), ["told Requested(None)"]);
}

fn the_scopes_inside_it_see_their_parent_cancelled() {
    let log = Log::new();
    let mut run = by_hand(scope(async |s| {
        let task = s.spawn(async {
            let inner = fail_fast::<&str>().run(async |inner| {
                inner.spawn(async {
                    log.note(format!("told {:?}", cancelled().await));
                    Ok(())
                });
                Ok(())
            });
            log.note(format!("{:?}", inner.await.expect_err("it was cancelled").reason()));
        });
        yields(2).await;
        task.cancel();
    }));
    run.finish();
    assert_eq!(log.entries(), ["told Parent", "Parent"]);
}

async fn a_child_may_cancel_itself() {
    let log = Log::new();
    let gate = Gate::new();
    scope(async |s| {
        let (to, from) = (std::sync::Mutex::new(None::<Task<()>>), &gate);
        let to = std::sync::Arc::new(to);
        let mine = to.clone();
        let (log, written) = (&log, log.clone());
        let task = s.spawn(async move {
            from.wait().await;
            mine.lock().unwrap().take().expect("it was put there").cancel();
            log.note("after the cancel");
            yield_now().await;
            log.note("after the next suspension");
        });
        *to.lock().unwrap() = Some(task);
        gate.open();
        while !written.has("after the cancel") {
            yield_now().await;
        }
    })
    .await;
    assert_eq!(log.entries(), ["after the cancel"]);
}

on_every_runtime!(
    its_siblings_and_its_scope_go_on,
    a_scope_whose_only_child_is_cancelled_ends_with_its_body,
    a_settled_task_tells_that_it_was_requested,
    awaiting_a_plain_or_fail_fast_task_that_was_cancelled_alone_panics_and_says_so,
    a_child_may_cancel_itself,
);
polled_on_every_runtime!(
    a_child_that_was_never_polled_is_dropped_unpolled,
    an_idle_child_is_dropped_without_another_poll_while_its_sibling_sleeps_on,
    a_child_that_holds_is_waited_for,
    a_child_that_waits_to_be_told_is_told,
    the_scopes_inside_it_see_their_parent_cancelled,
);
