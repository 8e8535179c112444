//! Policy, panics, names, context values, deadline and tokens are those of any other child.

use std::{future::pending, time::Duration};

use purview::{
    TaskError, cancelled, context_key, current, deadline, fail_fast, remaining, scope, settled, timeout, try_scope,
};
use purview_tests::{
    AnyRuntime, CallsOnDrop, Log, PanicsOnDrop, caught, on_every_runtime, served_by_every_runtime, yields,
};

context_key! {
    static REQUEST: &'static str;
}

async fn its_failure_ends_a_fail_fast_scope(runtime: AnyRuntime) {
    let log = Log::new();
    let (first, second) = (log.on_drop("parallel sibling"), log.on_drop("plain sibling"));
    let out = fail_fast::<&str>().runtime(runtime).run(async |s| {
        drop(s.spawn_parallel(async move {
            let _first = first;
            pending::<Result<(), _>>().await
        }));
        drop(s.spawn(async move {
            let _second = second;
            pending::<Result<(), _>>().await
        }));
        drop(s.task().name("culprit").parallel().spawn(async {
            yields(2).await;
            Err::<(), _>("no")
        }));
        pending::<Result<(), _>>().await
    });
    let error = out.await.expect_err("a child failed");
    assert!(error.is_failed());
    assert_eq!(error.failures().len(), 1);
    assert_eq!(error.failures()[0].task.name(), "culprit");
    assert!(matches!(error.failures()[0].error, TaskError::Failed("no")));
    assert!(log.has("parallel sibling dropped") && log.has("plain sibling dropped"));
}

async fn in_try_scope_its_error_is_the_bare_one() {
    let out = try_scope(async |s| {
        let task = s.spawn_parallel(async { Err::<(), _>("no") });
        task.await;
        Ok(())
    });
    assert_eq!(out.await, Err("no"));
}

async fn its_failure_ends_no_other_in_a_settled_scope(runtime: AnyRuntime) {
    let out = settled::<&str>().runtime(runtime).run(async |s| {
        let bad = s.spawn_parallel(async { Err::<(), _>("no") });
        let good = s.spawn_parallel(async {
            yields(5).await;
            Ok(7)
        });
        drop(s.spawn_parallel(async { Err::<(), _>("unseen") }));
        assert!(matches!(bad.await, Err(TaskError::Failed("no"))));
        Ok(good.await.unwrap())
    });
    let settlement = out.await.unwrap();
    assert_eq!(settlement.value, 7);
    let unseen: Vec<_> = settlement.failures.iter().map(|failure| &failure.error).collect();
    assert!(matches!(unseen[..], [TaskError::Failed("unseen")]), "{unseen:?}");
}

async fn its_panic_goes_on_in_the_awaiting_task(runtime: AnyRuntime) {
    let log = Log::new();
    let sibling = log.on_drop("sibling");
    let run = fail_fast::<&str>().runtime(runtime).run(async |s| {
        drop(s.spawn_parallel(async move {
            let _sibling = sibling;
            pending::<Result<(), _>>().await
        }));
        drop(s.spawn_parallel(async {
            yields(2).await;
            if true {
                panic!("out of cheese");
            }
            Ok(())
        }));
        pending::<Result<(), _>>().await
    });
    assert_eq!(caught(run).await.unwrap_err(), "out of cheese");
    assert!(log.has("sibling dropped"));
}

async fn its_panic_is_an_outcome_in_a_settled_scope(runtime: AnyRuntime) {
    let out = settled::<&str>().runtime(runtime).run(async |s| {
        let task = s.spawn_parallel(async {
            yields(2).await;
            if true {
                panic!("out of cheese");
            }
            Ok(())
        });
        match task.await {
            Err(TaskError::Panicked(panic)) => Ok(panic.message().map(str::to_owned)),
            other => panic!("{other:?}"),
        }
    });
    assert_eq!(out.await.unwrap().value.as_deref(), Some("out of cheese"));
}

async fn a_panic_of_its_destructor_is_its_outcome(runtime: AnyRuntime) {
    let out = settled::<&str>().runtime(runtime).run(async |s| {
        let bomb = PanicsOnDrop("from its destructor");
        let ended = s.spawn_parallel(async move {
            let _bomb = bomb;
            yields(1).await;
            Ok(())
        });
        let bomb = PanicsOnDrop("from the destructor of one cancelled");
        let cut = s.spawn_parallel(async move {
            let _bomb = bomb;
            pending::<Result<(), _>>().await
        });
        yields(1).await;
        cut.cancel();
        let mut said = Vec::new();
        for task in [ended, cut] {
            match task.await {
                Err(TaskError::Panicked(panic)) => said.push(panic.message().map(str::to_owned).unwrap()),
                other => panic!("{other:?}"),
            }
        }
        Ok(said)
    });
    let said = out.await.unwrap().value;
    assert_eq!(said, ["from its destructor", "from the destructor of one cancelled"]);
}

async fn its_future_is_dropped_before_its_task_resolves(runtime: AnyRuntime) {
    let log = Log::new();
    let out = fail_fast::<&str>().runtime(runtime).run(async |s| {
        for i in 0..20 {
            let (guard, seen) = (log.on_drop(format!("child {i}")), log.clone());
            let task = s.spawn_parallel(async move {
                let _guard = guard;
                yields(i).await;
                Ok(())
            });
            task.await;
            assert!(seen.has(&format!("child {i} dropped")));
        }
        Ok(())
    });
    assert!(out.await.is_ok());
}

async fn it_has_a_name_and_knows_it(runtime: AnyRuntime) {
    let out = fail_fast::<&str>().name("import").runtime(runtime).run(async |s| {
        let named = s
            .task()
            .name("loader")
            .parallel()
            .spawn(async { Ok(current().unwrap()) });
        assert_eq!(named.name(), "loader");
        let id = named.id();
        let inside = named.await;
        assert_eq!((inside.name(), inside.id()), ("loader", id));
        let numbered = s.spawn_parallel(async {
            yields(3).await;
            Ok(current().unwrap().name().to_owned())
        });
        let name = numbered.name().to_owned();
        assert!(name.starts_with("import/"), "{name}");
        assert_eq!(numbered.await, name);
        Ok(())
    });
    assert!(out.await.is_ok());
    assert!(current().is_none());
}

async fn it_sees_the_context_values_of_where_it_was_spawned(runtime: AnyRuntime) {
    let out = fail_fast::<&str>().runtime(runtime).run(async |s| {
        let bound = REQUEST.scope("r-17", async {
            [s.spawn_parallel(async {
                yields(3).await;
                Ok(REQUEST.get())
            })]
        });
        let [task] = bound.await;
        let unbound = s.spawn_parallel(async { Ok(REQUEST.get()) });
        Ok((task.await, unbound.await))
    });
    assert_eq!(out.await.unwrap(), (Some("r-17"), None));
}

async fn it_sees_the_deadline_of_the_scope(runtime: AnyRuntime) {
    let out = fail_fast::<&str>()
        .runtime(runtime)
        .timeout(Duration::from_secs(3_600))
        .run(async |s| {
            let here = deadline();
            let there = s.spawn_parallel(async {
                yields(1).await;
                assert!(remaining().is_some_and(|left| left <= Duration::from_secs(3_600)));
                Ok(deadline())
            });
            Ok((here, there.await))
        });
    let (here, there) = out.await.unwrap();
    assert!(here.is_some());
    assert_eq!(here, there);
}

async fn a_deadline_cuts_it(runtime: AnyRuntime) {
    let log = Log::new();
    let guard = log.on_drop("child");
    let out = fail_fast::<&str>()
        .runtime(runtime)
        .timeout(Duration::from_millis(5))
        .run(async |s| {
            let task = s.spawn_parallel(async move {
                let _guard = guard;
                pending::<Result<(), _>>().await
            });
            task.await;
            Ok(())
        });
    assert!(out.await.expect_err("its time was up").is_deadline_exceeded());
    assert!(log.has("child dropped"));
}

async fn a_timeout_inside_it_is_kept_by_the_clock_of_the_scope(runtime: AnyRuntime) {
    let out = fail_fast::<&str>().runtime(runtime).run(async |s| {
        let late = s.spawn_parallel(async { Ok(timeout(Duration::from_millis(2), pending::<()>()).await.is_err()) });
        Ok(late.await)
    });
    assert!(out.await.unwrap());
}

async fn it_hears_the_scope_cancelled(runtime: AnyRuntime) {
    let log = Log::new();
    let out = fail_fast::<&str>().runtime(runtime).run(async |s| {
        let (says, started) = futures::channel::oneshot::channel();
        let (token, log) = (s.token(), log.clone());
        drop(s.spawn_parallel(async move {
            says.send(()).unwrap();
            let why = cancelled().await;
            log.note(why.to_string());
            log.note(token.reason().unwrap().to_string());
            Ok(())
        }));
        started.await.unwrap();
        s.cancel_with("enough");
        pending::<Result<(), _>>().await
    });
    assert!(out.await.expect_err("it was cancelled").is_cancelled());
    assert_eq!(log.entries(), ["cancelled on request: enough"; 2]);
}

async fn its_destructor_may_use_the_scope_of_its_own_making(runtime: AnyRuntime) {
    let log = Log::new();
    let noted = log.clone();
    let (open, driver) = fail_fast::<&str>().runtime(runtime).open();
    let handle = open.clone();
    let calls = CallsOnDrop(move || {
        drop(handle.spawn(async { Ok(()) }));
        handle.cancel_with("from a destructor");
        noted.note("used");
    });
    drop(open.spawn_parallel(async move {
        let _calls = calls;
        yields(1).await;
        Ok(())
    }));
    drop(open);
    // The handle is in the child, which ends; nothing hangs, and nothing is under a lock.
    let out = driver.await;
    assert!(out.is_ok() || out.is_err_and(|error| error.is_cancelled()));
    assert_eq!(log.entries(), ["used"]);
}

async fn as_a_daemon_it_does_not_keep_the_scope() {
    let log = Log::new();
    let guard = log.on_drop("daemon");
    scope(async |s| {
        drop(s.task().daemon().parallel().spawn(async move {
            let _guard = guard;
            pending::<()>().await;
        }));
        yields(2).await;
    })
    .await;
    assert!(log.has("daemon dropped"));
}

served_by_every_runtime!(
    its_failure_ends_a_fail_fast_scope,
    its_failure_ends_no_other_in_a_settled_scope,
    its_panic_goes_on_in_the_awaiting_task,
    its_panic_is_an_outcome_in_a_settled_scope,
    a_panic_of_its_destructor_is_its_outcome,
    its_future_is_dropped_before_its_task_resolves,
    it_has_a_name_and_knows_it,
    it_sees_the_context_values_of_where_it_was_spawned,
    it_sees_the_deadline_of_the_scope,
    a_deadline_cuts_it,
    a_timeout_inside_it_is_kept_by_the_clock_of_the_scope,
    it_hears_the_scope_cancelled,
    its_destructor_may_use_the_scope_of_its_own_making,
);
on_every_runtime!(
    in_try_scope_its_error_is_the_bare_one,
    as_a_daemon_it_does_not_keep_the_scope,
);
