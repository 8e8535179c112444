//! Destructors, policies and timers are the user's. Whatever they do with the scope from where they are called works.
//!
//! A lock held around them would hang the test, a `RefCell` borrow would panic.

use std::{
    future::pending,
    ops::ControlFlow,
    pin::Pin,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use purview::{
    BoxFuture, CancelReason, End, FailFast, Policy, Scope, SpawnError, Spawner, TaskInfo, Timer, fail_fast, scope,
    with_policy,
};
use purview_tests::{CallsOnDrop, Gate, Log, TestClock, by_hand, on_every_runtime, polled_on_every_runtime, yield_now};

/// Everything a handle can do short of cancelling.
fn use_everything(s: &Scope<'_, FailFast<&'static str>>) {
    let task = s.spawn(async { Ok(()) });
    assert!(s.len() < 100);
    task.cancel();
    drop(task);
    drop(s.try_spawn(async { Ok(()) }));
    drop(s.task().name("reentrant").spawn(async { Ok(()) }));
    let token = s.token();
    drop((s.is_empty(), s.is_cancelled(), token.child(), token.reason()));
    let _ = s.set_deadline(None);
    s.defer(async {});
    drop(s.clone());
}

async fn a_destructor_of_a_finished_child_may_use_the_scope() {
    let log = Log::new();
    let done = fail_fast().run(async |s| {
        let (handle, log) = (s.clone(), &log);
        let calls = CallsOnDrop(move || {
            use_everything(&handle);
            log.note("used");
        });
        s.spawn(async move {
            let _calls = calls;
            yield_now().await;
            Ok(())
        });
        Ok(())
    });
    assert!(done.await.is_ok());
    assert_eq!(log.entries(), ["used"]);
}

async fn a_destructor_of_a_cancelled_child_may_use_and_cancel_the_scope() {
    let log = Log::new();
    let failed = fail_fast().run(async |s| {
        for _ in 0..3 {
            let (handle, log) = (s.clone(), &log);
            let calls = CallsOnDrop(move || {
                use_everything(&handle);
                handle.cancel();
                log.note("used");
            });
            s.spawn(async move {
                let _calls = calls;
                pending::<Result<(), _>>().await
            });
        }
        yield_now().await;
        Err::<(), _>("no")
    });
    assert_eq!(failed.await.expect_err("the body failed").into_failure(), Some("no"));
    assert_eq!(log.entries(), ["used", "used", "used"]);
}

fn a_destructor_may_use_the_scope_while_the_scope_is_dropped() {
    let log = Log::new();
    let mut run = by_hand(fail_fast().run(async |s| {
        let (handle, log) = (s.clone(), &log);
        let calls = CallsOnDrop(move || {
            use_everything(&handle);
            handle.cancel();
            log.note("used");
        });
        s.spawn(async move {
            let _calls = calls;
            pending::<Result<(), &str>>().await
        });
        Ok(())
    }));
    assert!(run.poll_until_idle().is_pending());
    drop(run);
    assert_eq!(log.entries(), ["used"]);
}

async fn a_destructor_of_a_value_may_use_the_scope() {
    let log = Log::new();
    let done = fail_fast().run(async |s| {
        let (handle, log) = (s.clone(), &log);
        let value = CallsOnDrop(move || {
            use_everything(&handle);
            log.note("used");
        });
        drop(s.spawn(async move { Ok(value) }));
        Ok(())
    });
    assert!(done.await.is_ok());
    assert_eq!(log.entries(), ["used"]);
}

async fn a_future_refused_after_the_end_may_use_the_scope_in_its_destructor() {
    let log = Log::new();
    let s = fail_fast::<&str>().run(async |s| Ok(s)).await.expect("nothing failed");
    let (handle, written) = (s.clone(), log.clone());
    let calls = CallsOnDrop(move || {
        use_everything(&handle);
        written.note("used");
    });
    drop(s.spawn(async move {
        let _calls = calls;
        Ok(())
    }));
    assert_eq!(log.entries(), ["used"]);
}

/// Calls back whenever it is asked what an end means.
struct Calls(Box<dyn FnMut() + Send>);

impl Policy for Calls {
    type Child<T> = T;
    type Joined<T> = T;
    type Output<R> = Option<R>;

    fn child_ended<T>(&mut self, _: &TaskInfo, end: End<T>) -> (Option<T>, ControlFlow<()>) {
        (self.0)();
        (
            if let End::Returned(value) = end {
                Some(value)
            } else {
                None
            },
            ControlFlow::Continue(()),
        )
    }

    fn body_ended<R>(&mut self, end: End<R>) -> (Option<R>, ControlFlow<()>) {
        (self.0)();
        (
            if let End::Returned(value) = end {
                Some(value)
            } else {
                None
            },
            ControlFlow::Continue(()),
        )
    }

    fn finish<R>(mut self, body: Option<R>, _: Option<CancelReason>) -> Option<R> {
        (self.0)();
        body
    }
}

async fn a_policy_may_use_the_scope() {
    let (slot, log) = (Arc::new(Mutex::new(None::<Scope<'static, Calls>>)), Log::new());
    let calls = {
        let (slot, log) = (slot.clone(), log.clone());
        let mut spawns = 3;
        move || {
            let handle = slot.lock().unwrap().clone().expect("the body ran");
            if spawns > 0 {
                spawns -= 1;
                drop(handle.spawn(async {}));
            }
            drop((
                handle.len(),
                handle.is_cancelled(),
                handle.token().child(),
                handle.clone(),
            ));
            let _ = handle.set_deadline(None);
            log.note("used");
        }
    };
    let value = with_policy(Calls(Box::new(calls))).run(async |s| {
        *slot.lock().unwrap() = Some(s.clone());
        s.spawn(async { 7 }).await
    });
    assert_eq!(value.await, Some(7));
    assert_eq!(
        log.entries().len(),
        6,
        "the child, the body, three spawned by the policy, the finish"
    );
    slot.lock().unwrap().take();
}

/// A clock that calls back whenever the scope turns to it.
struct CallingClock(TestClock, Box<dyn Fn() + Send + Sync>);

impl Timer for CallingClock {
    fn now(&self) -> Instant {
        (self.1)();
        self.0.now()
    }

    fn sleep_until(&self, at: Instant) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        (self.1)();
        self.0.sleep_until(at)
    }
}

impl Spawner for CallingClock {
    fn spawn(&self, fut: BoxFuture) -> Result<(), SpawnError> {
        self.0.spawn(fut)
    }

    fn spawn_blocking(&self, f: Box<dyn FnOnce() + Send>) -> Result<(), SpawnError> {
        self.0.spawn_blocking(f)
    }
}

fn a_runtime_may_use_the_scope() {
    let (clock, log, gate) = (TestClock::new(), Log::new(), Gate::new());
    let slot = Arc::new(Mutex::new(None::<Scope<'static, FailFast<&'static str>>>));
    let calls = {
        let (slot, log) = (slot.clone(), log.clone());
        move || {
            let handle = slot.lock().unwrap().clone();
            if let Some(s) = handle {
                drop((s.len(), s.is_empty(), s.is_cancelled(), s.token().child()));
                log.note("used");
            }
        }
    };
    let timed = fail_fast()
        .runtime(CallingClock(clock.clone(), Box::new(calls)))
        .timeout(Duration::from_secs(1));
    let mut run = by_hand(timed.run({
        let (slot, gate) = (slot.clone(), gate.clone());
        async move |s| {
            *slot.lock().unwrap() = Some(s);
            gate.wait().await;
            Ok(())
        }
    }));
    assert!(run.poll_until_idle().is_pending());
    clock.advance(Duration::from_secs(1));
    assert!(run.finish().expect_err("it was late").is_deadline_exceeded());
    assert!(!log.entries().is_empty());
    slot.lock().unwrap().take();
}

async fn the_last_handle_may_be_dropped_in_a_destructor() {
    scope(async |s| {
        let handle = s.clone();
        s.spawn(async move {
            let _last = handle;
            yield_now().await;
        });
        drop(s);
    })
    .await;
}

on_every_runtime!(
    a_destructor_of_a_finished_child_may_use_the_scope,
    a_destructor_of_a_cancelled_child_may_use_and_cancel_the_scope,
    a_destructor_of_a_value_may_use_the_scope,
    a_future_refused_after_the_end_may_use_the_scope_in_its_destructor,
    a_policy_may_use_the_scope,
    the_last_handle_may_be_dropped_in_a_destructor,
);
polled_on_every_runtime!(
    a_destructor_may_use_the_scope_while_the_scope_is_dropped,
    a_runtime_may_use_the_scope,
);
