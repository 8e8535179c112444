//! A closure that may block runs on the runtime's pool, as a child of the scope.

use std::{sync::mpsc, thread, time::Duration};

use purview::{TaskError, block_on, context_key, current, deadline, fail_fast, scope, settled};
use purview_tests::{AnyRuntime, Log, caught, on_every_runtime, served_by_every_runtime, yields};

context_key! {
    static REQUEST: &'static str;
}

async fn its_value_comes_back(runtime: AnyRuntime) {
    let out = fail_fast::<&str>().runtime(runtime).run(async |s| {
        let tasks = [1, 2, 3].map(|i| s.spawn_blocking(move |_| Ok(i)));
        let mut sum = 0;
        for task in tasks {
            sum += task.await;
        }
        Ok(sum)
    });
    assert_eq!(out.await.unwrap(), 6);
}

async fn it_may_block_until_the_scope_goes_on(runtime: AnyRuntime) {
    let out = fail_fast::<&str>().runtime(runtime).run(async |s| {
        let (says, hears) = mpsc::channel();
        let task = s.spawn_blocking(move |_| Ok(hears.recv().unwrap()));
        let (begins, begun) = futures::channel::oneshot::channel();
        drop(s.spawn_blocking(move |_| {
            begins.send(thread::current().id()).unwrap();
            Ok(())
        }));
        assert_ne!(begun.await.unwrap(), thread::current().id());
        says.send(7).unwrap();
        Ok(task.await)
    });
    assert_eq!(out.await.unwrap(), 7);
}

async fn the_scope_waits_for_one_whose_task_is_not_awaited(runtime: AnyRuntime) {
    let log = Log::new();
    let out = fail_fast::<&str>().runtime(runtime).run(async |s| {
        for i in 0..5 {
            let log = log.clone();
            drop(s.spawn_blocking(move |_| {
                log.note(format!("{i}"));
                Ok(())
            }));
        }
        Ok(())
    });
    assert!(out.await.is_ok());
    let mut entries = log.entries();
    entries.sort();
    assert_eq!(entries, ["0", "1", "2", "3", "4"]);
}

async fn its_failure_ends_a_fail_fast_scope(runtime: AnyRuntime) {
    let out = fail_fast::<&str>().runtime(runtime).run(async |s| {
        drop(s.task().name("reader").spawn_blocking(|_| Err::<(), _>("no")));
        std::future::pending::<Result<(), _>>().await
    });
    let error = out.await.expect_err("a child failed");
    assert_eq!(error.failures()[0].task.name(), "reader");
    assert_eq!(error.into_failure(), Some("no"));
}

async fn its_panic_goes_on_in_the_awaiting_task(runtime: AnyRuntime) {
    let run = fail_fast::<&str>().runtime(runtime).run(async |s| {
        drop(s.spawn_blocking(|_| -> Result<(), _> { panic!("out of cheese") }));
        std::future::pending::<Result<(), _>>().await
    });
    assert_eq!(caught(run).await.unwrap_err(), "out of cheese");
}

async fn its_panic_is_an_outcome_in_a_settled_scope(runtime: AnyRuntime) {
    let out = settled::<&str>().runtime(runtime).run(async |s| {
        let task = s.spawn_blocking(|_| -> Result<(), _> { panic!("out of cheese") });
        match task.await {
            Err(TaskError::Panicked(panic)) => Ok(panic.message().map(str::to_owned)),
            other => panic!("{other:?}"),
        }
    });
    assert_eq!(out.await.unwrap().value.as_deref(), Some("out of cheese"));
}

async fn it_has_name_deadline_and_context_values(runtime: AnyRuntime) {
    let builder = fail_fast::<&str>()
        .name("import")
        .runtime(runtime)
        .timeout(Duration::from_secs(3_600));
    let out = builder.run(async |s| {
        let here = deadline();
        let spawned = REQUEST.scope("r-17", async {
            [s.spawn_blocking(|_| Ok((current().unwrap().name().to_owned(), deadline(), REQUEST.get())))]
        });
        let [task] = spawned.await;
        let name = task.name().to_owned();
        assert_eq!(task.await, (name, here, Some("r-17")));
        Ok(())
    });
    assert!(out.await.is_ok());
}

async fn block_on_works_inside(runtime: AnyRuntime) {
    let out = fail_fast::<&str>().runtime(runtime).run(async |s| {
        let task = s.spawn_blocking(|_| {
            let inner = block_on(fail_fast::<&str>().run(async |inner| {
                let plain = inner.spawn(async {
                    yields(3).await;
                    Ok(1)
                });
                let parallel = inner.spawn_parallel(async { Ok(2) });
                Ok(plain.await + parallel.await)
            }));
            inner.map_err(|_| "no")
        });
        Ok(task.await)
    });
    assert_eq!(out.await.unwrap(), 3);
}

async fn block_on_in_a_parallel_child_is_a_panic_that_says_what_to_do(runtime: AnyRuntime) {
    let run = fail_fast::<&str>().runtime(runtime).run(async |s| {
        let task = s.task().name("worker").parallel().spawn(async {
            block_on(std::future::pending::<()>());
            Ok(())
        });
        task.await;
        Ok(())
    });
    let message = caught(run).await.unwrap_err();
    assert!(message.contains("spawn_blocking"), "{message}");
}

async fn without_a_builder_too() {
    assert_eq!(scope(async |s| s.spawn_blocking(|_| 7).await).await, 7);
}

served_by_every_runtime!(
    its_value_comes_back,
    it_may_block_until_the_scope_goes_on,
    the_scope_waits_for_one_whose_task_is_not_awaited,
    its_failure_ends_a_fail_fast_scope,
    its_panic_goes_on_in_the_awaiting_task,
    its_panic_is_an_outcome_in_a_settled_scope,
    it_has_name_deadline_and_context_values,
    block_on_works_inside,
    block_on_in_a_parallel_child_is_a_panic_that_says_what_to_do,
);
on_every_runtime!(without_a_builder_too);
