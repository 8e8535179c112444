//! Purview, and what people would write instead: a file each.

#[cfg(feature = "peers")]
mod async_executor;
#[cfg(feature = "peers")]
mod async_nursery;
#[cfg(feature = "peers")]
mod async_scoped;
#[cfg(feature = "peers")]
mod concurrency;
mod gather;
mod join_all;
mod join_set;
#[cfg(feature = "peers")]
mod moro;
mod parallel;
mod scope;
mod set;
#[cfg(feature = "peers")]
mod sets;

#[cfg(feature = "peers")]
pub use async_executor::LocalExecutor;
#[cfg(feature = "peers")]
pub use async_nursery::Nursery;
#[cfg(feature = "peers")]
pub use async_scoped::TokioScope;
#[cfg(feature = "peers")]
pub use concurrency::VecJoin;
pub use gather::Gather;
pub use join_all::{JoinAll, TryJoinAll};
pub use join_set::JoinSet;
#[cfg(feature = "peers")]
pub use join_set::JoinSetOnThreads;
#[cfg(feature = "peers")]
pub use moro::{Moro, MoroLocal};
pub use parallel::Parallel;
#[cfg(feature = "peers")]
pub use parallel::ParallelOnThreads;
pub use scope::{Scope, ScopeOnTokio};
pub use set::{BoxedSet, Set};
#[cfg(feature = "peers")]
pub use sets::{Buffered, Unicycle};
