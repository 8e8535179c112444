use std::future::Future;

use crate::{FailFast, Peer};

/// A scope of moro, which came before this crate: children that borrow, in a `FuturesUnordered`.
#[derive(Debug)]
pub struct Moro;

impl Peer for Moro {
    const NAME: &'static str = "moro";

    async fn all<C, F>(n: usize, child: C) -> usize
    where
        C: Fn(usize) -> F + Send + Sync + 'static,
        F: Future<Output = usize> + Send + 'static,
    {
        moro::async_scope!(|s| {
            let children: Vec<_> = (0..n).map(|i| s.spawn(child(i))).collect();
            let mut sum = 0;
            for child in children {
                sum += child.await;
            }
            sum
        })
        .await
    }
}

impl FailFast for Moro {
    const NAME: &'static str = "moro";

    async fn try_all<C, F>(n: usize, child: C) -> Result<usize, usize>
    where
        C: Fn(usize) -> F + Send + Sync + 'static,
        F: Future<Output = Result<usize, usize>> + Send + 'static,
    {
        // The macro's block borrows the scope, which here would not do.
        moro::scope_fn(move |s| {
            Box::pin(async move {
                let mut children = Vec::with_capacity(n);
                for i in 0..n {
                    let child = child(i);
                    children.push(s.spawn(async move {
                        match child.await {
                            Ok(value) => value,
                            Err(failure) => s.terminate(Err(failure)).await,
                        }
                    }));
                }
                let mut sum = 0;
                for child in children {
                    sum += child.await;
                }
                Ok(sum)
            })
        })
        .await
    }
}

/// A scope of moro-local, whose children need not be `Send`.
#[derive(Debug)]
pub struct MoroLocal;

impl Peer for MoroLocal {
    const NAME: &'static str = "moro-local";

    async fn all<C, F>(n: usize, child: C) -> usize
    where
        C: Fn(usize) -> F + Send + Sync + 'static,
        F: Future<Output = usize> + Send + 'static,
    {
        moro_local::async_scope!(|s| {
            let children: Vec<_> = (0..n).map(|i| s.spawn(child(i))).collect();
            let mut sum = 0;
            for child in children {
                sum += child.await;
            }
            sum
        })
        .await
    }
}
