//! `CancelToken::wait` and `wait_timeout`: a thread sleeps until it is asked to stop.

use std::{
    sync::{Arc, Barrier, mpsc},
    thread,
    time::Duration,
};

use purview::{CancelReason, CancelToken, cancelled, fail_fast, gather, scope, spawn_blocking};
use purview_tests::{caught, on_every_runtime, watched};

async fn a_closure_of_a_scope_waits_for_the_end_of_its_scope() {
    let why = fail_fast::<&str>();
    let (tell, told) = mpsc::channel();
    let out = why
        .run(async |s| {
            let (starts, begun) = mpsc::channel();
            s.spawn_blocking(move |token| {
                starts.send(()).unwrap();
                tell.send(token.wait()).unwrap();
                Ok(())
            });
            spawn_blocking(move || begun.recv().unwrap()).await;
            Err::<(), _>("stop")
        })
        .await;
    assert!(out.is_err());
    assert_eq!(told.recv(), Ok(CancelReason::Failed));
}

async fn a_token_that_was_cancelled_before_is_not_waited_for() {
    let token = CancelToken::new();
    token.cancel_with("before");
    let child = token.child();
    let waits = move || (child.wait(), child.wait_timeout(Duration::ZERO));
    let reason = CancelReason::Requested(Some("before".into()));
    assert_eq!(spawn_blocking(waits).await, (reason.clone(), Some(reason)));
}

async fn a_wait_with_a_bound_ends_without_a_reason() {
    let token = CancelToken::new();
    let waited = token.clone();
    assert_eq!(
        spawn_blocking(move || waited.wait_timeout(Duration::from_millis(1))).await,
        None
    );
    let waited = token.clone();
    assert_eq!(spawn_blocking(move || waited.wait_timeout(Duration::ZERO)).await, None);
    assert!(!token.is_cancelled());
}

async fn it_blocks_no_task_and_says_what_to_write_instead() {
    let token = CancelToken::new();
    for message in [
        caught(scope(async |_| drop(token.wait()))).await.unwrap_err(),
        caught(scope(async |s| {
            s.spawn(async { drop(token.wait_timeout(Duration::MAX)) }).await;
        }))
        .await
        .unwrap_err(),
        caught(gather([async {
            drop(token.wait());
            Ok::<_, ()>(())
        }]))
        .await
        .unwrap_err(),
    ] {
        assert!(
            message.contains("inside the async task") && message.contains(".cancelled().await"),
            "{message}"
        );
    }
}

async fn threads_and_tasks_wait_for_one_token() {
    let token = CancelToken::new();
    let on_thread = token.clone();
    let out = scope(async |s| {
        let thread = s.spawn(async { spawn_blocking(move || on_thread.wait()).await });
        let task = s.spawn(token.cancelled());
        purview::checkpoint().await;
        token.cancel_with("both");
        (thread.await, task.await)
    })
    .await;
    assert_eq!(out.0, out.1);
}

async fn a_closure_that_waits_for_its_callers_end_is_released_by_it() {
    let out = fail_fast::<&str>()
        .run(async |s| {
            let (starts, begun) = mpsc::channel();
            let token = s.token();
            s.spawn(async move {
                let reason = spawn_blocking(move || {
                    starts.send(()).unwrap();
                    token.wait()
                });
                assert_eq!(reason.await, CancelReason::Failed);
                Ok(())
            });
            spawn_blocking(move || begun.recv().unwrap()).await;
            Err::<(), _>("stop")
        })
        .await;
    assert!(out.is_err());
    drop(cancelled());
}

#[test]
fn all_threads_are_released_whenever_it_comes() {
    for round in 0..200 {
        watched(move || {
            let token = CancelToken::new();
            let barrier = Arc::new(Barrier::new(4));
            let waiting: Vec<_> = (0..3)
                .map(|n| {
                    let (token, barrier) = (token.child(), barrier.clone());
                    thread::spawn(move || {
                        barrier.wait();
                        if n == 0 {
                            token.wait_timeout(Duration::MAX).unwrap()
                        } else {
                            token.wait()
                        }
                    })
                })
                .collect();
            barrier.wait();
            if round % 2 == 0 {
                thread::yield_now();
            }
            token.cancel();
            for thread in waiting {
                assert_eq!(thread.join().unwrap(), CancelReason::Requested(None));
            }
        });
    }
}

on_every_runtime!(
    a_closure_of_a_scope_waits_for_the_end_of_its_scope,
    a_token_that_was_cancelled_before_is_not_waited_for,
    a_wait_with_a_bound_ends_without_a_reason,
    it_blocks_no_task_and_says_what_to_write_instead,
    threads_and_tasks_wait_for_one_token,
    a_closure_that_waits_for_its_callers_end_is_released_by_it,
);
