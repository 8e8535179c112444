/// One peer under one load.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// What the peer is called.
    pub peer: &'static str,
    /// Does it once, with so many children.
    pub run: fn(usize),
}

/// One load, and every peer that can carry it.
#[derive(Debug)]
pub struct Group {
    /// What the load is called, which is also the name of its chart.
    pub name: &'static str,
    /// What the children do.
    pub what: &'static str,
    /// Of what the tables give the cost.
    pub per: &'static str,
    /// How many of these `n` children are.
    pub units: fn(usize) -> usize,
    /// The numbers of children at which it is measured.
    pub sizes: &'static [usize],
    /// The peer that the ratios are to.
    pub base: &'static str,
    /// The peers.
    pub cases: Vec<Case>,
}

/// From one to a hundred thousand.
#[cfg(feature = "peers")]
pub(crate) const ALL_SIZES: &[usize] = &[1, 10, 100, 1_000, 10_000, 100_000];
/// Where a hundred thousand would only be more of the same.
#[cfg(feature = "peers")]
pub(crate) const FEWER_SIZES: &[usize] = &[1, 10, 100, 1_000, 10_000];

/// The cases of one load on these peers.
#[cfg(feature = "peers")]
macro_rules! cases {
    ($run:ident, $kind:ident: $($peer:ident),+ $(,)?) => {
        vec![$($crate::loads::Case {
            peer: <$crate::peers::$peer as $crate::$kind>::NAME,
            run: $run::<$crate::peers::$peer>,
        }),+]
    };
}

/// The cases of one load on every peer.
#[cfg(feature = "peers")]
macro_rules! on_every_peer {
    ($run:ident) => {
        $crate::loads::group::cases!(
            $run, Peer: Scope, Gather, Set, BoxedSet, JoinAll, TryJoinAll, Buffered, Unicycle, VecJoin, Moro,
            MoroLocal, LocalExecutor, ScopeOnTokio, Parallel, JoinSet, Nursery, ParallelOnThreads, JoinSetOnThreads,
            TokioScope,
        )
    };
}

/// The cases of one load on every peer that uses one thread.
#[cfg(feature = "peers")]
macro_rules! on_one_thread {
    ($run:ident) => {
        $crate::loads::group::cases!(
            $run, Peer: Scope, Gather, Set, BoxedSet, JoinAll, Buffered, Unicycle, VecJoin, Moro, MoroLocal,
            LocalExecutor, ScopeOnTokio, JoinSet, Nursery,
        )
    };
}

#[cfg(feature = "peers")]
pub(crate) use cases;
#[cfg(feature = "peers")]
pub(crate) use on_every_peer;
#[cfg(feature = "peers")]
pub(crate) use on_one_thread;
