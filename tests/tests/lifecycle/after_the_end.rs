//! A handle that outlived its scope has a defined answer to everything, and never hangs.

use std::convert::Infallible;

use purview::{
    CancelReason, CancelToken, FailFast, RejectReason, Scope, Settled, Task, TaskError, fail_fast, scope, settled,
};
use purview_tests::{Log, PollCount, by_hand, caught, on_every_runtime, polled_on_every_runtime};

/// The handle of a scope that ended with its body.
async fn ended() -> Scope<'static, FailFast<Infallible>> {
    fail_fast().run(async |s| Ok(s)).await.expect("nothing failed")
}

async fn ended_settled() -> Scope<'static, Settled<Infallible>> {
    settled().run(async |s| Ok(s)).await.expect("nothing failed").value
}

async fn it_is_empty_and_was_not_cancelled() {
    let s = ended().await;
    assert_eq!((s.len(), s.is_empty(), s.is_cancelled()), (0, true, false));
}

async fn its_token_has_fired_with_ended_and_released_its_waiters() {
    let (token, waiter) = scope(async |s| {
        let token = s.token();
        assert_eq!((token.is_cancelled(), token.reason()), (false, None));
        let waiter = token.cancelled();
        (token, waiter)
    })
    .await;
    assert_eq!(waiter.await, CancelReason::Ended);
    assert_eq!(token.reason(), Some(CancelReason::Ended));
    assert_eq!(token.cancelled().await, CancelReason::Ended);
}

async fn what_is_spawned_on_it_is_dropped_unpolled() {
    let (log, polls) = (Log::new(), PollCount::new());
    let s = ended().await;
    let owned = log.on_drop("future");
    let task = s.spawn(polls.of(async move {
        let _owned = owned;
        Ok(())
    }));
    assert_eq!((polls.get(), log.entries()), (0, vec!["future dropped".to_owned()]));
    assert!(task.is_finished());
    assert_eq!(s.len(), 0);
}

async fn awaiting_what_was_spawned_on_it_says_that_the_scope_has_ended() {
    let task: Task<Result<(), TaskError<Infallible>>> = ended_settled().await.spawn(async { Ok(()) });
    assert!(matches!(task.await, Err(TaskError::Cancelled(CancelReason::Ended))));
    let task: Task<()> = ended().await.spawn(async { Ok(()) });
    let message = caught(task)
        .await
        .expect_err("a fail-fast task that can never yield panics");
    assert!(message.contains("ended"), "{message}");
}

async fn try_spawn_hands_the_future_back() {
    let s = ended().await;
    let rejected = s.try_spawn(async { Ok(7) }).expect_err("the scope has ended");
    assert_eq!(rejected.reason(), &RejectReason::Ended);
    assert_eq!(rejected.into_inner().await, Ok(7));
}

async fn a_permit_resolves_at_once_and_spawning_on_it_is_spawning_after_the_end() {
    let polls = PollCount::new();
    let s = ended_settled().await;
    let task = s.permit().await.spawn(polls.of(async { Ok(()) }));
    assert!(matches!(task.await, Err(TaskError::Cancelled(CancelReason::Ended))));
    assert_eq!(polls.get(), 0);
}

async fn cancelling_it_changes_nothing() {
    let s = ended().await;
    s.cancel();
    s.cancel_with("too late");
    s.close();
    assert!(!s.is_cancelled(), "`is_cancelled` reports cancellation, not the end");
    assert_eq!(s.token().reason(), Some(CancelReason::Ended));
}

async fn its_deadline_cannot_be_set_any_more() {
    let s = ended().await;
    let refused = s.set_deadline(None).expect_err("it is too late");
    assert!(!refused.to_string().is_empty());
}

async fn a_value_can_be_taken_after_the_end() {
    let (task, finished) = scope(async |s| (s.spawn(async { 7 }), s.spawn(async { 8 }))).await;
    assert!(task.is_finished() && finished.is_finished());
    assert_eq!((task.await, finished.await), (7, 8));
}

async fn cancelling_a_finished_task_changes_nothing() {
    let task = scope(async |s| s.spawn(async { 7 })).await;
    task.cancel();
    task.cancel();
    assert_eq!(task.await, 7);
}

async fn a_child_token_made_after_the_end_is_born_cancelled() {
    let token: CancelToken = ended().await.token().child();
    assert!(token.is_cancelled());
}

fn a_finalizer_registered_after_the_end_is_dropped_unpolled() {
    let (log, polls) = (Log::new(), PollCount::new());
    let s = by_hand(ended()).finish();
    let owned = log.on_drop("finalizer");
    s.defer(polls.of(async move { drop(owned) }));
    assert_eq!((polls.get(), log.entries()), (0, vec!["finalizer dropped".to_owned()]));
}

on_every_runtime!(
    it_is_empty_and_was_not_cancelled,
    its_token_has_fired_with_ended_and_released_its_waiters,
    what_is_spawned_on_it_is_dropped_unpolled,
    awaiting_what_was_spawned_on_it_says_that_the_scope_has_ended,
    try_spawn_hands_the_future_back,
    a_permit_resolves_at_once_and_spawning_on_it_is_spawning_after_the_end,
    cancelling_it_changes_nothing,
    its_deadline_cannot_be_set_any_more,
    a_value_can_be_taken_after_the_end,
    cancelling_a_finished_task_changes_nothing,
    a_child_token_made_after_the_end_is_born_cancelled,
);
polled_on_every_runtime!(a_finalizer_registered_after_the_end_is_dropped_unpolled);
