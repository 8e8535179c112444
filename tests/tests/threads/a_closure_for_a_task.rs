//! `spawn_blocking(..).await` on the pools of the runtimes.

use std::{
    future::pending,
    panic::panic_any,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
        mpsc,
    },
    thread,
    time::Duration,
};

use purview::{
    CancelReason, block_on, cancelled, checkpoint, context_key, current, deadline, fail_fast, gather, scope, settled,
    spawn_blocking,
};
use purview_tests::{Gate, caught, on_every_runtime};

async fn it_gives_what_the_closure_returns() {
    let text = String::from("in another thread");
    assert_eq!(spawn_blocking(move || text.len()).await, 17);
    let n = scope(async |s| {
        s.spawn(async { spawn_blocking(|| 1).await + spawn_blocking(|| 2).abandon().await })
            .await
    });
    assert_eq!(n.await, 3);
}

async fn it_runs_on_another_thread() {
    let here = thread::current().id();
    assert_ne!(spawn_blocking(|| thread::current().id()).await, here);
}

async fn many_at_once() {
    let all = gather((0..20_u32).map(async |n| Ok::<_, ()>(spawn_blocking(move || n * 2).await)));
    assert_eq!(all.await.unwrap(), (0..20).map(|n| n * 2).collect::<Vec<_>>());
}

async fn a_panic_goes_on_in_the_caller_with_its_payload() {
    assert_eq!(
        caught(spawn_blocking(|| panic!("in the closure"))).await,
        Err::<(), _>("in the closure".to_owned())
    );
    let out = fail_fast::<()>().run(async |s| {
        s.spawn(async { Ok(spawn_blocking(|| panic_any("a child's closure")).await) });
        cancelled().await;
        Ok(())
    });
    assert_eq!(caught(out).await.unwrap_err(), "a child's closure");
}

context_key! {
    static TENANT: u32;
}

async fn inside_it_is_the_task_that_awaits_it() {
    let (name, tenant, has_deadline, sum) = fail_fast::<()>()
        .name("import")
        .timeout(Duration::from_secs(3600))
        .run(async |s| {
            let child = s.task().name("reader").spawn(TENANT.scope(7, async {
                Ok(spawn_blocking(|| {
                    let sum = block_on(scope(async |s| s.spawn(async { 1 }).await + 1));
                    (
                        current().unwrap().name().to_owned(),
                        TENANT.get(),
                        deadline().is_some(),
                        sum,
                    )
                })
                .await)
            }));
            Ok(child.await)
        })
        .await
        .unwrap();
    assert_eq!((name.as_str(), tenant, has_deadline, sum), ("reader", Some(7), true, 2));
    assert!(
        spawn_blocking(|| current().is_none() && TENANT.get().is_none()).await,
        "outside any scope there is none"
    );
    assert_eq!(TENANT.scope(8, spawn_blocking(|| TENANT.get())).await, Some(8));
}

/// A closure that runs until it is told, and what became of it.
#[derive(Default)]
struct Held {
    ended: Arc<AtomicBool>,
}

impl Held {
    fn closure(
        &self,
    ) -> (
        impl FnOnce() -> u32 + Send + 'static,
        mpsc::Receiver<()>,
        mpsc::Sender<()>,
    ) {
        let (tell, begun) = mpsc::channel();
        let (finish, told) = mpsc::channel();
        let ended = self.ended.clone();
        let closure = move || {
            tell.send(()).unwrap();
            // Where nothing tells it any more it ends too.
            let _ = told.recv();
            ended.store(true, SeqCst);
            7
        };
        (closure, begun, finish)
    }
}

async fn one_that_runs_is_waited_for_when_its_scope_is_cancelled() {
    let held = Held::default();
    let (closure, begun, finish) = held.closure();
    let ended = &held.ended;
    let out = fail_fast::<&str>()
        .run(async |s| {
            s.spawn(async move {
                spawn_blocking(closure).await;
                Ok(())
            });
            s.spawn(async move {
                assert_eq!(cancelled().await, CancelReason::Failed);
                assert!(!ended.load(SeqCst));
                finish.send(()).unwrap();
                Ok(())
            });
            spawn_blocking(move || begun.recv().unwrap()).await;
            Err::<(), _>("stop")
        })
        .await;
    assert_eq!(out.unwrap_err().into_failure(), Some("stop"));
    assert!(held.ended.load(SeqCst));
}

async fn one_that_blocks_on_what_its_cancellation_ends_is_cut_off() {
    let (tell, begun) = mpsc::channel();
    let out = fail_fast::<&str>()
        .run(async |s| {
            s.spawn(async move {
                spawn_blocking(move || {
                    tell.send(()).unwrap();
                    block_on(scope(async |_| pending::<()>().await)); // no value for a cancellation
                })
                .await;
                Ok(())
            });
            spawn_blocking(move || begun.recv().unwrap()).await;
            Err::<(), _>("stop")
        })
        .await;
    assert_eq!(out.unwrap_err().into_failure(), Some("stop"));
}

async fn one_that_was_abandoned_is_not() {
    let held = Held::default();
    let (closure, begun, finish) = held.closure();
    let out = fail_fast::<&str>()
        .run(async |s| {
            s.spawn(async move {
                spawn_blocking(closure).abandon().await;
                Ok(())
            });
            spawn_blocking(move || begun.recv().unwrap()).await;
            Err::<(), _>("stop")
        })
        .await;
    assert!(out.is_err());
    assert!(!held.ended.load(SeqCst), "it still waits to be told");
    drop(finish);
}

async fn a_panic_in_a_scope_that_is_cancelled_is_not_lost() {
    let (tell, begun) = mpsc::channel();
    let (finish, told) = mpsc::channel::<()>();
    let out = fail_fast::<&str>().run(async |s| {
        s.spawn(async move {
            let panics = spawn_blocking(move || {
                tell.send(()).unwrap();
                let _ = told.recv();
                panic!("while the scope was cancelled")
            });
            panics.await;
            Ok(())
        });
        spawn_blocking(move || begun.recv().unwrap()).await;
        s.defer(async {});
        checkpoint().await;
        drop(finish);
        Err::<(), _>("stop")
    });
    assert_eq!(caught(out).await.unwrap_err(), "while the scope was cancelled");
}

async fn one_that_has_completed_says_so_when_it_is_polled_again_and_holds_nothing() {
    let polled_again = Gate::new();
    let out = settled::<()>().run(async |s| {
        let child = s.spawn(async {
            let mut closure = Box::pin(spawn_blocking(|| 7));
            assert_eq!(closure.as_mut().await, 7);
            let message = caught(closure.as_mut()).await.unwrap_err();
            assert!(message.contains("polled after it has completed"), "{message}");
            polled_again.open();
            pending::<Result<(), ()>>().await
        });
        polled_again.wait().await;
        child.cancel();
        Ok(child.await.is_err())
    });
    assert!(out.await.unwrap().value);
}

on_every_runtime!(
    it_gives_what_the_closure_returns,
    it_runs_on_another_thread,
    many_at_once,
    a_panic_goes_on_in_the_caller_with_its_payload,
    inside_it_is_the_task_that_awaits_it,
    one_that_runs_is_waited_for_when_its_scope_is_cancelled,
    one_that_blocks_on_what_its_cancellation_ends_is_cut_off,
    one_that_was_abandoned_is_not,
    a_panic_in_a_scope_that_is_cancelled_is_not_lost,
    one_that_has_completed_says_so_when_it_is_polled_again_and_holds_nothing,
);
