#[cfg(feature = "peers")]
use super::group::{ALL_SIZES, Case, Group};
use crate::{child, one_thread, yield_now};

/// How many children are spawned before others have a turn.
const BURST: usize = 64;

/// Bursts of children that yield once, spawned in an open scope whose driver is a task of its own.
pub fn open_scope(n: usize) {
    one_thread().block_on(async {
        let (s, driver) = purview::with_policy(purview::JoinAll::new()).open();
        let driver = tokio::spawn(driver);
        for i in 0..n {
            s.spawn(child::yields(1, i));
            if i % BURST == BURST - 1 {
                yield_now().await;
            }
        }
        s.close();
        driver.await.expect("it does not panic");
    });
}

#[cfg(feature = "peers")]
fn join_set(n: usize) {
    one_thread().block_on(async {
        let mut children = tokio::task::JoinSet::new();
        for i in 0..n {
            children.spawn(child::yields(1, i));
            if i % BURST == BURST - 1 {
                yield_now().await;
                while children.try_join_next().is_some() {}
            }
        }
        while children.join_next().await.is_some() {}
    });
}

#[cfg(feature = "peers")]
fn executor(n: usize) {
    let executor = async_executor::LocalExecutor::new();
    futures::executor::block_on(executor.run(async {
        let mut last = None;
        for i in 0..n {
            if let Some(task) = last.replace(executor.spawn(child::yields(1, i))) {
                async_executor::Task::detach(task);
            }
            if i % BURST == BURST - 1 {
                yield_now().await;
            }
        }
        // They end in the order in which they began.
        if let Some(task) = last {
            assert_eq!(task.await, n - 1);
        }
    }));
}

#[cfg(feature = "peers")]
pub(super) fn group() -> Group {
    let case = |peer, run| Case { peer, run };
    Group {
        name: "open-scope",
        what: "Bursts of 64 children that yield once, spawned while those before them run.",
        per: "child",
        units: |n| n,
        sizes: ALL_SIZES,
        base: "JoinSet, current-thread",
        cases: vec![
            case("Purview, open scope on tokio", open_scope),
            case("JoinSet, current-thread", join_set),
            case("async-executor", executor),
        ],
    }
}
