//! The key loads, whose instructions, allocations, bytes and polls are counted.

use crate::{
    loads,
    peers::{BoxedSet, Gather, JoinSet, Parallel, Scope, ScopeOnTokio, Set, TryJoinAll},
};

/// A load on one peer, by a name under which the programs `run` and `count` know it.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// Load and peer, with a slash between them.
    pub name: &'static str,
    /// Of what the cost is given.
    pub per: &'static str,
    /// How many of these `n` are.
    pub units: fn(usize) -> usize,
    /// Does it once.
    pub run: fn(usize),
}

const fn key(name: &'static str, per: &'static str, run: fn(usize)) -> Key {
    fn same(n: usize) -> usize {
        n
    }
    Key {
        name,
        per,
        units: same,
        run,
    }
}

const fn of_yields(name: &'static str, run: fn(usize)) -> Key {
    fn eight(n: usize) -> usize {
        8 * n
    }
    Key {
        name,
        per: "yield",
        units: eight,
        run,
    }
}

/// What may not become dearer; see `ci/cost.sh`. The last one is what the others are compared with on another compiler.
pub const GUARDED: &[Key] = &[
    key("ready/scope", "child", loads::ready::<Scope>),
    of_yields("yield/scope", loads::yields::<8, Scope>),
    key("scope-0/scope", "scope", loads::small::<0, Scope>),
    key("scope-1/scope", "scope", loads::small::<1, Scope>),
    key("ready/gather", "future", loads::ready::<Gather>),
    of_yields("yield/gather", loads::yields::<8, Gather>),
    key("scope-3/gather", "gather", loads::small::<3, Gather>),
    key("scope-3/gather!", "gather", loads::gather_macro),
    key("cancel/scope", "child", loads::cancelled),
    key("ready/spawn_parallel", "child", loads::ready::<Parallel>),
    key("ready/guest", "guest", loads::guests),
    key("timeout/purview", "timeout", loads::timeout),
    key("open-scope/scope", "child", loads::open_scope),
    key("bytes-16384/gather", "future", loads::sized::<16_384, Gather>),
    key(YARDSTICK, "future", loads::ready::<BoxedSet>),
];

/// The load that the others are compared with on another compiler.
pub const YARDSTICK: &str = "ready/boxed-set";

/// What is counted beside these for the page of benchmarks: peers, and other loads.
pub const MORE: &[Key] = &[
    key("ready/scope-on-tokio", "child", loads::ready::<ScopeOnTokio>),
    key("ready/set", "future", loads::ready::<Set>),
    key("ready/try_join_all", "future", loads::ready::<TryJoinAll>),
    key("ready/join-set", "task", loads::ready::<JoinSet>),
    of_yields("yield/set", loads::yields::<8, Set>),
    of_yields("yield/boxed-set", loads::yields::<8, BoxedSet>),
    of_yields("yield/try_join_all", loads::yields::<8, TryJoinAll>),
    of_yields("yield/join-set", loads::yields::<8, JoinSet>),
    key("scope-0/boxed-set", "set", loads::small::<0, BoxedSet>),
    key("scope-0/join-set", "set", loads::small::<0, JoinSet>),
    key("scope-1/boxed-set", "set", loads::small::<1, BoxedSet>),
    key("scope-1/join-set", "set", loads::small::<1, JoinSet>),
    key("scope-3/try_join_all", "call", loads::small::<3, TryJoinAll>),
    key("scope-3/try_join", "call", loads::try_join_macro),
    key("cancel/scope-dropped", "child", loads::dropped::<Scope>),
    key("cancel/boxed-set", "future", loads::dropped::<BoxedSet>),
    key("cancel/join-set", "task", loads::dropped::<JoinSet>),
    key("fail-fast/scope", "child", loads::fail_fast::<Scope>),
    key("fail-fast/gather", "future", loads::fail_fast::<Gather>),
    key("fail-fast/boxed-set", "future", loads::fail_fast::<BoxedSet>),
    key("bytes-16384/scope", "child", loads::sized::<16_384, Scope>),
    key("bytes-16384/set", "future", loads::sized::<16_384, Set>),
    key("bytes-16384/join-set", "task", loads::sized::<16_384, JoinSet>),
    key("tokio-channels/scope", "child", loads::channels::<ScopeOnTokio>),
    key("tokio-channels/set", "future", loads::channels::<Set>),
    key("tokio-channels/join-set", "task", loads::channels::<JoinSet>),
    key("timeout/tokio", "timeout", loads::timeout_of_tokio),
    key("shield/purview", "future", loads::shielded),
    key("woken-by-sibling/scope", "child", loads::by_sibling::<Scope>),
    key("woken-by-sibling/boxed-set", "future", loads::by_sibling::<BoxedSet>),
];

/// The peers that are only built with the feature of that name.
#[cfg(feature = "peers")]
pub const PEERS: &[Key] = {
    use crate::peers::{Buffered, LocalExecutor, Moro, MoroLocal, Unicycle, VecJoin};

    &[
        key("ready/moro", "child", loads::ready::<Moro>),
        key("ready/moro-local", "child", loads::ready::<MoroLocal>),
        key("ready/futures-buffered", "future", loads::ready::<Buffered>),
        key("ready/unicycle", "future", loads::ready::<Unicycle>),
        key("ready/futures-concurrency", "future", loads::ready::<VecJoin>),
        key("ready/async-executor", "task", loads::ready::<LocalExecutor>),
        of_yields("yield/moro", loads::yields::<8, Moro>),
        of_yields("yield/moro-local", loads::yields::<8, MoroLocal>),
        of_yields("yield/futures-buffered", loads::yields::<8, Buffered>),
        of_yields("yield/unicycle", loads::yields::<8, Unicycle>),
        of_yields("yield/futures-concurrency", loads::yields::<8, VecJoin>),
        of_yields("yield/async-executor", loads::yields::<8, LocalExecutor>),
        key("scope-1/moro", "scope", loads::small::<1, Moro>),
        key("scope-1/moro-local", "scope", loads::small::<1, MoroLocal>),
        key("scope-3/futures-concurrency", "call", loads::tuple_join),
        key("cancel/moro", "child", loads::dropped::<Moro>),
    ]
};
/// The peers that are only built with the feature of that name.
#[cfg(not(feature = "peers"))]
pub const PEERS: &[Key] = &[];

/// All of them.
pub fn all() -> impl Iterator<Item = &'static Key> {
    GUARDED.iter().chain(MORE).chain(PEERS)
}

/// The one of this name.
pub fn find(name: &str) -> Option<&'static Key> {
    all().find(|key| key.name == name)
}
