//! A child that is cancelled while an executor takes it, polls it and ends it has one end, and one result.

use purview::{CancelReason, TaskError, settled};
use purview_tests::{AnyRuntime, served_by_every_runtime, yield_now};

use crate::{ledger::Ledger, meter::on_its_own, scale::races};

/// So many children of one scope race at once.
const BATCH: usize = 64;

/// Children of different length, each cancelled after another number of turns of the body.
async fn task_by_task(runtime: AnyRuntime) {
    let _alone = on_its_own();
    let (ledger, races) = (Ledger::default(), races());
    let (mut returned, mut cancelled, mut begun) = (0, 0, 0);
    while begun < races {
        let batch = BATCH.min(races - begun);
        let (children, first) = (ledger.clone(), begun);
        let out = settled::<()>().runtime(runtime.clone()).run(async move |s| {
            let tasks: Vec<_> = (0..batch)
                .map(|i| s.spawn_parallel(children.child((first + i) % 5, first + i)))
                .collect();
            for (i, task) in tasks.iter().enumerate() {
                if i % 8 == 0 {
                    yield_now().await;
                }
                if i % 3 != 0 {
                    task.cancel();
                }
            }
            let mut ends = (0, 0);
            for (i, task) in tasks.into_iter().enumerate() {
                match task.await {
                    Ok(value) => {
                        assert_eq!(value, first + i, "a result that is another's");
                        ends.0 += 1;
                    }
                    Err(TaskError::Cancelled(CancelReason::Requested(None))) => {
                        assert_ne!(i % 3, 0, "it was not cancelled");
                        ends.1 += 1;
                    }
                    Err(error) => panic!("{error:?}"),
                }
            }
            Ok(ends)
        });
        let ends = out.await.expect("the body returned").value;
        begun += batch;
        returned += ends.0;
        cancelled += ends.1;
        assert_eq!(
            ledger.dropped(),
            begun,
            "a scope that ended has dropped its children, each once"
        );
    }
    assert_eq!(returned + cancelled, races);
    assert_eq!(ledger.made(), races);
    assert!(ledger.returned() >= returned, "a value that no child returned");
}

/// The scope is cancelled as a whole while its children run.
async fn scope_by_scope(runtime: AnyRuntime) {
    let _alone = on_its_own();
    let (ledger, races) = (Ledger::default(), races());
    let (mut begun, mut ended) = (0, 0);
    while begun < races {
        let batch = BATCH.min(races - begun);
        let (children, first) = (ledger.clone(), begun);
        let out = settled::<()>().runtime(runtime.clone()).run(async move |s| {
            let tasks: Vec<_> = (0..batch)
                .map(|i| s.spawn_parallel(children.child(i % 7, first + i)))
                .collect();
            for _ in 0..first % 4 {
                yield_now().await;
            }
            s.cancel();
            let mut ends = 0;
            for (i, task) in tasks.into_iter().enumerate() {
                match task.await {
                    Ok(value) => assert_eq!(value, first + i, "a result that is another's"),
                    Err(TaskError::Cancelled(_)) => {}
                    Err(error) => panic!("{error:?}"),
                }
                ends += 1;
            }
            Ok(ends)
        });
        ended += out.await.expect("the body saw its tasks resolve").value;
        begun += batch;
        assert_eq!(
            ledger.dropped(),
            begun,
            "a scope that ended has dropped its children, each once"
        );
    }
    assert_eq!(ended, races);
}

/// The future of the scope is dropped while its children run: idle ones go at once, others after the present poll.
async fn drop_by_drop(runtime: AnyRuntime) {
    let _alone = on_its_own();
    let (ledger, races) = (Ledger::default(), races());
    let mut begun = 0;
    while begun < races {
        let batch = BATCH.min(races - begun);
        let (children, first) = (ledger.clone(), begun);
        let run = settled::<()>().runtime(runtime.clone()).run(async move |s| {
            for i in 0..batch {
                drop(s.spawn_parallel(children.child(usize::MAX, first + i)));
            }
            std::future::pending::<Result<(), ()>>().await
        });
        let turns = async {
            for _ in 0..=first % 4 {
                yield_now().await;
            }
        };
        drop(futures::future::select(run, Box::pin(turns)).await);
        begun += batch;
        // Those that another thread was polling are dropped by it.
        while ledger.dropped() < begun {
            yield_now().await;
        }
        assert_eq!(ledger.dropped(), begun, "one was dropped twice");
    }
    assert_eq!((ledger.made(), ledger.returned()), (races, 0));
}

served_by_every_runtime!(task_by_task, scope_by_scope, drop_by_drop);
