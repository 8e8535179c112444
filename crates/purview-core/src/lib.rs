#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

// An alias for the search goes with what is re-exported: rustdoc drops those of items in private modules.
mod block_on;
mod cancel;
mod context;
mod engine;
pub mod error;
pub mod gather;
pub mod inspect;
mod ops;
mod panic;
pub mod policy;
mod retry;
pub mod runtime;
pub mod scope;
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
#[doc(inline)]
pub use error::{
    AlreadyReady, DeadlineExceeded, Failure, Panic, RejectReason, Rejected, RetryError, ScopeError, Settlement,
    StartError, Stopped, TaskError, TooLate, TrySendError,
};
// Too general as names for this place: they are shown in their modules.
#[doc(hidden)]
pub use error::{Closed, Empty};
#[cfg(not(feature = "rate-limit"))]
#[doc(hidden)]
pub use gather::RateLimited;
#[cfg(not(feature = "tracing"))]
#[doc(hidden)]
pub use gather::Traced;
#[doc(inline)]
pub use gather::{Completed, ForEach, Gather, TryForEach, gather, gather_stream, try_gather};
#[doc(alias("yield_now"))]
pub use ops::checkpoint;
#[doc(alias("to_thread"))]
pub use ops::spawn_blocking;
pub use ops::{
    Cancelled, Checkpoint, Shield, Sleep, Timeout, Unblocked, UntilCancelled, cancelled, deadline, remaining, shield,
    sleep, sleep_until, timeout, timeout_at,
};
#[doc(hidden)]
pub use policy::End;
#[doc(inline)]
pub use policy::{FailFast, Fallible, JoinAll, Policy, Settled};
pub use retry::{Retry, retry};
#[doc(inline)]
pub use runtime::{BoxFuture, Embedded, Runtime, RuntimeChoice, SpawnError, Spawner, Timer};
#[doc(alias("nursery", "TaskGroup", "JoinSet", "TaskTracker", "errgroup"))]
#[doc(inline)]
pub use scope::Scope;
#[doc(alias("spawn_local", "LocalSet"))]
#[doc(inline)]
pub use scope::local_scope;
#[doc(alias("nursery", "TaskGroup", "coroutineScope"))]
#[doc(inline)]
pub use scope::scope;
#[doc(alias("all_settled", "supervisorScope", "return_exceptions"))]
#[doc(inline)]
pub use scope::settled;
#[doc(alias("errgroup", "TaskGroup"))]
#[doc(inline)]
pub use scope::try_scope;
#[doc(inline)]
pub use scope::{
    Builder, CancelOnDrop, Driver, Entered, Finalized, Local, LocalScope, Parallel, Permit, Produced, Ready, Report,
    ScopedStream, Sender, Slot, Task, TaskBuilder, TryRun, fail_fast, stream, try_local_scope, with_policy,
};
#[doc(hidden)]
pub use scope::{Here, Kind, Run, Start, Threads};
pub use tree::{TaskId, TaskInfo};
