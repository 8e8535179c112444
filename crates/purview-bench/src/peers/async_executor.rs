use std::future::Future;

use crate::Peer;

/// A `LocalExecutor` of async-executor, made for the children and dropped with them.
#[derive(Debug)]
pub struct LocalExecutor;

impl Peer for LocalExecutor {
    const NAME: &'static str = "async-executor";

    async fn all<C, F>(n: usize, child: C) -> usize
    where
        C: Fn(usize) -> F + Send + Sync + 'static,
        F: Future<Output = usize> + Send + 'static,
    {
        let executor = async_executor::LocalExecutor::new();
        let children: Vec<_> = (0..n).map(|i| executor.spawn(child(i))).collect();
        executor
            .run(async {
                let mut sum = 0;
                for child in children {
                    sum += child.await;
                }
                sum
            })
            .await
    }
}
