use std::{convert::Infallible, future::Future};

use futures::FutureExt;

use crate::{FailFast, Peer};

/// [`purview::gather()`].
#[derive(Debug)]
pub struct Gather;

impl Peer for Gather {
    const NAME: &'static str = "Purview, gather";

    async fn all<C, F>(n: usize, child: C) -> usize
    where
        C: Fn(usize) -> F + Send + Sync + 'static,
        F: Future<Output = usize> + Send + 'static,
    {
        // `map` and not `async`, which would hold the future twice.
        let all = purview::gather((0..n).map(|i| child(i).map(Ok::<_, Infallible>))).await;
        all.expect("none fails").into_iter().sum()
    }
}

impl FailFast for Gather {
    const NAME: &'static str = "Purview, gather";

    async fn try_all<C, F>(n: usize, child: C) -> Result<usize, usize>
    where
        C: Fn(usize) -> F + Send + Sync + 'static,
        F: Future<Output = Result<usize, usize>> + Send + 'static,
    {
        match purview::gather((0..n).map(child)).await {
            Ok(all) => Ok(all.into_iter().sum()),
            Err(error) => Err(error.into_failure().expect("a child failed")),
        }
    }
}
