#![doc = include_str!("../README.md")]
//!
//! # Which entry point
//!
//! | you want | scope | many futures of one kind |
//! |---|---|---|
//! | children that cannot fail | [`scope()`] | |
//! | all must succeed; the first failure cancels the rest | [`try_scope`]; [`fail_fast`] for options and the whole error | [`try_gather()`](try_gather()); [`gather()`](gather()) for the whole error |
//! | a few futures of different types | [`scope()`] with a child for each | [`try_gather!`], [`gather!`] |
//! | children that do not affect each other | [`settled`] | [`Gather::settled`] |
//! | the first, or the first few | | [`Gather::first`], [`Gather::first_success`], [`Gather::quorum`] |
//! | each result as it arrives | await the [`Task`]s | [`Gather::for_each`], [`Gather::try_for_each`], [`Gather::as_completed`] |
//! | futures that come from a stream | | [`gather_stream`] |
//! | to return a stream that has children | [`stream()`](stream()), [`Scope::produce`] | |
//! | children that are not `Send` | [`local_scope`], [`try_local_scope`], [`Builder::run_local`] | accepted as they are |
//! | a scope that lives as long as a service | [`Builder::open`], [`Scope::enter`] | |
//! | another meaning of a child's end | [`with_policy`] | |
//!
//! In a scope, [`Scope::spawn`] borrows and shares the scope's task, [`Scope::spawn_parallel`] uses other cores, and
//! [`Scope::spawn_blocking`] runs closures that block. [`Scope::task`] has the options of a child: its name, and whether
//! it is a daemon.
//!
//! Functions that work everywhere, in a scope or outside, and act on the innermost scope around their caller:
//!
//! | | |
//! |---|---|
//! | time | [`sleep`], [`sleep_until`], [`timeout`], [`timeout_at`], [`deadline`], [`remaining`] |
//! | cancellation | [`cancelled`], [`shield`], [`checkpoint`], [`CancelToken`] |
//! | context | [`current`], [`context_key!`] |
//! | threads | [`spawn_blocking`], [`block_on`] |
//! | attempts | [`retry`] |
//! | runtimes | [`runtime::current`], [`Runtime`] |
//! | operators | [`inspect::enable`], [`inspect::snapshot`] |
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

// An alias for the search goes with what is re-exported: rustdoc drops those of items in private modules.
mod block_on;
mod blocking;
pub mod gather;
mod retry;
pub mod runtime;
pub mod scope;
mod scopes;
mod select;
mod stream;
mod time;

#[doc(inline)]
#[doc(alias("CancellationToken"))]
pub use purview_core::CancelToken;
#[doc(inline)]
#[doc(alias("nursery", "TaskGroup", "JoinSet", "TaskTracker", "errgroup"))]
pub use purview_core::Scope;
#[doc(inline)]
#[doc(alias("yield_now"))]
pub use purview_core::checkpoint;
#[doc(inline)]
pub use purview_core::{
    AlreadyReady, BoxFuture, Builder, CancelOnDrop, CancelReason, Cancelled, Checkpoint, Completed, ContextKey,
    DeadlineExceeded, Driver, DropGuard, Entered, FailFast, Failure, Fallible, Finalized, ForEach, Gather, JoinAll,
    Limit, Local, LocalScope, Panic, Parallel, Permit, Policy, Produced, Ready, RejectReason, Rejected, Report, Retry,
    RetryError, Runtime, RuntimeChoice, ScopeError, ScopedStream, Sender, Settled, Settlement, Shield, Sleep, Slot,
    SpawnError, Spawner, StartError, Stopped, Task, TaskBuilder, TaskError, TaskId, TaskInfo, Timeout, Timer, TooLate,
    TryForEach, TryRun, TrySendError, Unblocked, UntilCancelled, WithContext, cancelled, context_key, current,
    deadline, error, inspect, policy, remaining, shield,
};
// Too general as names for this place: they are shown in their modules.
#[cfg(not(feature = "rate-limit"))]
#[doc(hidden)]
pub use purview_core::RateLimited;
#[cfg(not(feature = "tracing"))]
#[doc(hidden)]
pub use purview_core::Traced;
#[doc(hidden)]
pub use purview_core::{Closed, Empty, End, Here, Kind, Run, Start, Threads};

pub use block_on::block_on;
#[doc(alias("to_thread"))]
pub use blocking::spawn_blocking;
#[doc(inline)]
pub use gather::{gather, gather_stream, try_gather};
pub use retry::retry;
#[cfg(feature = "async-std")]
#[cfg_attr(docsrs, doc(cfg(feature = "async-std")))]
#[doc(inline)]
pub use runtime::AsyncStd;
#[doc(inline)]
pub use runtime::Embedded;
#[cfg(feature = "smol")]
#[cfg_attr(docsrs, doc(cfg(feature = "smol")))]
#[doc(inline)]
pub use runtime::Smol;
#[cfg(feature = "tokio")]
#[cfg_attr(docsrs, doc(cfg(feature = "tokio")))]
#[doc(inline)]
pub use runtime::Tokio;
#[doc(alias("spawn_local", "LocalSet"))]
pub use scopes::local_scope;
#[doc(alias("nursery", "TaskGroup", "coroutineScope"))]
pub use scopes::scope;
#[doc(alias("all_settled", "supervisorScope", "return_exceptions"))]
pub use scopes::settled;
#[doc(alias("errgroup", "TaskGroup"))]
pub use scopes::try_scope;
pub use scopes::{fail_fast, try_local_scope, with_policy};
pub use stream::stream;
pub use time::{sleep, sleep_until, timeout, timeout_at};

/// What `gather!` expands to.
#[doc(hidden)]
pub mod __private {
    pub use crate::select::select;
}
