use std::future::Future;

use async_executors::TokioCt;
use async_nursery::{NurseExt, Nursery as Nursing};
use futures::StreamExt;

use crate::Peer;

thread_local! {
    static EXECUTOR: TokioCt = TokioCt::new().expect("a tokio runtime");
}

/// A nursery of `async_nursery`, on tokio's current thread.
#[derive(Debug)]
pub struct Nursery;

impl Peer for Nursery {
    const NAME: &'static str = "async_nursery";

    async fn all<C, F>(n: usize, child: C) -> usize
    where
        C: Fn(usize) -> F + Send + Sync + 'static,
        F: Future<Output = usize> + Send + 'static,
    {
        let (nursery, mut children) = Nursing::new(EXECUTOR.with(TokioCt::clone));
        for i in 0..n {
            nursery.nurse(child(i)).expect("it is open");
        }
        // Its output ends once nothing can be spawned any more.
        drop(nursery);
        let mut sum = 0;
        while let Some(value) = children.next().await {
            sum += value;
        }
        sum
    }

    fn block_on<T>(whole: impl Future<Output = T>) -> T {
        EXECUTOR.with(TokioCt::clone).block_on(whole)
    }
}
