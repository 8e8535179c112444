#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

// An alias for the search goes with what is re-exported: rustdoc drops those of items in private modules.
mod block_on;
mod cancel;
mod context;
mod engine;
mod error;
pub mod gather;
pub mod inspect;
mod ops;
mod panic;
pub mod policy;
mod retry;
pub mod runtime;
mod scope;
mod stack;
mod sync;
mod time;
mod tree;
mod wake;

pub use block_on::block_on;
#[doc(alias("CancellationToken"))]
pub use cancel::CancelToken;
pub use cancel::{CancelReason, DropGuard};
pub use context::{ContextKey, WithContext, current};
pub use engine::Limit;
pub use error::{
    AlreadyReady, Closed, DeadlineExceeded, Empty, Failure, Panic, RejectReason, Rejected, RetryError, ScopeError,
    Settlement, StartError, Stopped, TaskError, TooLate, TrySendError,
};
#[cfg(not(feature = "rate-limit"))]
#[doc(hidden)]
pub use gather::RateLimited;
#[cfg(not(feature = "tracing"))]
#[doc(hidden)]
pub use gather::Traced;
pub use gather::{Completed, ForEach, Gather, TryForEach, gather, gather_stream, try_gather};
#[doc(alias("yield_now"))]
pub use ops::checkpoint;
#[doc(alias("to_thread"))]
pub use ops::spawn_blocking;
pub use ops::{
    Cancelled, Checkpoint, Shield, Sleep, Timeout, Unblocked, UntilCancelled, cancelled, deadline, remaining, shield,
    sleep, sleep_until, timeout, timeout_at,
};
pub use policy::{End, FailFast, Fallible, JoinAll, Policy, Settled};
pub use retry::{Retry, retry};
pub use runtime::{BoxFuture, Embedded, Runtime, RuntimeChoice, SpawnError, Spawner, Timer};
#[doc(alias("nursery", "TaskGroup", "JoinSet", "TaskTracker", "errgroup"))]
pub use scope::Scope;
#[doc(alias("spawn_local", "LocalSet"))]
pub use scope::local_scope;
#[doc(alias("nursery", "TaskGroup", "coroutineScope"))]
pub use scope::scope;
#[doc(alias("all_settled", "supervisorScope", "return_exceptions"))]
pub use scope::settled;
#[doc(alias("errgroup", "TaskGroup"))]
pub use scope::try_scope;
pub use scope::{
    Builder, CancelOnDrop, Driver, Entered, Finalized, Here, Kind, Local, LocalScope, Parallel, Permit, Produced,
    Ready, Report, Run, ScopedStream, Sender, Slot, Start, Task, TaskBuilder, Threads, TryRun, fail_fast, stream,
    try_local_scope, with_policy,
};
pub use tree::{TaskId, TaskInfo};
