//! A parallel child runs on the executor's threads, and a plain one does not.

use std::{
    sync::mpsc,
    thread::{self, ThreadId},
};

use purview::{fail_fast, local_scope, scope};
use purview_tests::{AnyRuntime, HandExecutor, by_hand, served_by_every_runtime, yields};

async fn its_value_comes_back(runtime: AnyRuntime) {
    let sum = fail_fast::<&str>().runtime(runtime).run(async |s| {
        let halves = [0..500_u64, 500..1_000].map(|half| {
            s.spawn_parallel(async move {
                yields(3).await;
                Ok(half.sum::<u64>())
            })
        });
        let [low, high] = halves;
        Ok(low.await + high.await)
    });
    assert_eq!(sum.await.unwrap(), 499_500);
}

async fn the_scope_waits_for_one_whose_task_is_not_awaited(runtime: AnyRuntime) {
    let (ends, ended) = mpsc::channel();
    let done = fail_fast::<&str>().runtime(runtime).run(async |s| {
        for i in 0..10 {
            let ends = ends.clone();
            drop(s.spawn_parallel(async move {
                yields(i).await;
                ends.send(i).unwrap();
                Ok(())
            }));
        }
        Ok(())
    });
    assert!(done.await.is_ok());
    let mut ended: Vec<_> = ended.try_iter().collect();
    ended.sort_unstable();
    assert_eq!(ended, (0..10).collect::<Vec<_>>());
}

async fn one_may_have_some_of_its_own(runtime: AnyRuntime) {
    let count = fail_fast::<&str>().runtime(runtime).run(async |s| {
        let outer = s.spawn_parallel(async {
            fail_fast::<&str>()
                .run(async |inner| {
                    let tasks = [1, 2, 3].map(|i| inner.spawn_parallel(async move { Ok(i) }));
                    let mut sum = 0;
                    for task in tasks {
                        sum += task.await;
                    }
                    Ok(sum)
                })
                .await
                .map_err(|_| "no")
        });
        Ok(outer.await)
    });
    assert_eq!(count.await.unwrap(), 6);
}

async fn where_it_ran(runtime: AnyRuntime) -> [ThreadId; 2] {
    let threads = fail_fast::<&str>().runtime(runtime).run(async |s| {
        let parallel = s.spawn_parallel(async { Ok(thread::current().id()) });
        let plain = s.spawn(async { Ok(thread::current().id()) });
        Ok([parallel.await, plain.await])
    });
    threads.await.unwrap()
}

#[test]
fn on_smol_it_runs_on_another_thread() {
    purview_tests::smol(async |runtime| {
        let [parallel, plain] = where_it_ran(runtime).await;
        assert_ne!(parallel, plain);
    });
}

#[test]
fn on_async_std_it_runs_on_another_thread() {
    purview_tests::async_std(async |runtime| {
        let [parallel, plain] = where_it_ran(runtime).await;
        assert_ne!(parallel, plain);
    });
}

/// The scope's task blocks its thread until the child has run.
async fn while_the_scope_blocks_its_thread(runtime: AnyRuntime) {
    let done = fail_fast::<&str>().runtime(runtime).run(async |s| {
        let (says, hears) = mpsc::channel();
        let task = s.spawn_parallel(async move {
            says.send(7).unwrap();
            Ok(8)
        });
        // The child is given to the executor when the scope takes it in, which is after this turn of the body.
        yields(1).await;
        let said = hears.recv().unwrap();
        Ok((said, task.await))
    });
    assert_eq!(done.await.unwrap(), (7, 8));
}

#[test]
fn on_tokio_it_runs_while_the_scope_blocks_its_thread() {
    purview_tests::tokio_multi_thread(while_the_scope_blocks_its_thread);
}

#[test]
fn on_smol_it_runs_while_the_scope_blocks_its_thread() {
    purview_tests::smol(while_the_scope_blocks_its_thread);
}

#[test]
fn on_async_std_it_runs_while_the_scope_blocks_its_thread() {
    purview_tests::async_std(while_the_scope_blocks_its_thread);
}

async fn a_local_scope_may_have_some(runtime: AnyRuntime) {
    let sum = fail_fast::<&str>().runtime(runtime).run_local(async |s| {
        let mine = std::rc::Rc::new(1);
        let plain = s.spawn(async move { Ok(*mine) });
        let parallel = s.spawn_parallel(async { Ok(2) });
        Ok(plain.await + parallel.await)
    });
    assert_eq!(sum.await.unwrap(), 3);
}

#[test]
fn it_is_given_to_the_executor_when_the_scope_is_polled_and_not_before() {
    let executor = HandExecutor::new();
    let mut run = by_hand(
        fail_fast::<&str>()
            .runtime(executor.clone())
            .run(async |s| Ok(s.spawn_parallel(async { Ok(7) }).await)),
    );
    assert_eq!(executor.futures(), 0);
    assert!(run.poll_until_idle().is_pending());
    assert_eq!(executor.futures(), 1);
    let wakes = run.wakes();
    executor.run();
    assert_eq!(run.wakes(), wakes + 1, "its end wakes the scope, once");
    assert_eq!(run.finish().unwrap(), 7);
}

#[test]
fn polling_the_scope_does_not_poll_it() {
    let executor = HandExecutor::new();
    let polls = purview_tests::PollCount::new();
    let counted = polls.of(yields(2));
    let mut run = by_hand(fail_fast::<&str>().runtime(executor.clone()).run(async |s| {
        drop(s.spawn_parallel(async {
            counted.await;
            Ok(())
        }));
        Ok(())
    }));
    for _ in 0..10 {
        assert!(run.poll_until_idle().is_pending());
    }
    assert_eq!(polls.get(), 0);
    let wakes = run.wakes();
    assert!(executor.run_one());
    assert!(executor.run_one());
    assert_eq!(
        (polls.get(), run.wakes()),
        (2, wakes),
        "what wakes the child does not wake the scope"
    );
    assert!(executor.run_one());
    assert_eq!((polls.get(), run.wakes()), (3, wakes + 1));
    assert!(run.finish().is_ok());
    assert_eq!(executor.futures(), 0);
}

// `scope` and `local_scope` have them as well.
#[test]
fn without_a_builder_too() {
    purview_tests::embedded(|_| async {
        assert_eq!(scope(async |s| s.spawn_parallel(async { 1 }).await).await, 1);
        assert_eq!(local_scope(async |s| s.spawn_parallel(async { 1 }).await).await, 1);
    });
}

served_by_every_runtime!(
    its_value_comes_back,
    the_scope_waits_for_one_whose_task_is_not_awaited,
    one_may_have_some_of_its_own,
);

mod a_local_scope_may_have_some {
    use purview_tests::{async_std, embedded, smol, tokio_current_thread, tokio_multi_thread_local};

    use super::a_local_scope_may_have_some as promise;

    #[test]
    fn on_every_runtime() {
        embedded(promise);
        tokio_current_thread(promise);
        tokio_multi_thread_local(promise);
        smol(promise);
        async_std(promise);
    }
}
