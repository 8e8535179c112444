use std::future::Future;

/// Something that runs children together.
pub trait Peer {
    /// What it is called in the tables.
    const NAME: &'static str;

    /// Runs `n` children and adds up what they give.
    fn all<C, F>(n: usize, child: C) -> impl Future<Output = usize>
    where
        C: Fn(usize) -> F + Send + Sync + 'static,
        F: Future<Output = usize> + Send + 'static;

    /// Runs a whole load on the executor that this peer needs, or on the simplest where it needs none.
    fn block_on<T>(whole: impl Future<Output = T>) -> T {
        futures::executor::block_on(whole)
    }
}

/// Something that runs children of which the first failure ends all.
pub trait FailFast {
    /// What it is called in the tables.
    const NAME: &'static str;

    /// Runs `n` children and gives the first failure.
    fn try_all<C, F>(n: usize, child: C) -> impl Future<Output = Result<usize, usize>>
    where
        C: Fn(usize) -> F + Send + Sync + 'static,
        F: Future<Output = Result<usize, usize>> + Send + 'static;

    /// Runs a whole load on the executor that this peer needs.
    fn block_on<T>(whole: impl Future<Output = T>) -> T {
        futures::executor::block_on(whole)
    }
}
