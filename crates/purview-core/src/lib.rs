#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod blocking;
mod cancel;
#[doc(hidden)]
pub mod census;
mod context;
mod deadline;
mod error;
pub mod gather;
pub mod policy;
mod retry;
pub mod runtime;
mod scope;
mod stack;
mod sync;

pub use blocking::{Unblocked, spawn_blocking};
pub use cancel::{CancelReason, CancelToken, Cancelled, DropGuard, Shield, UntilCancelled, cancelled, shield};
pub use context::{Checkpoint, ContextKey, TaskId, TaskInfo, WithContext, checkpoint, current};
pub use deadline::{Sleep, Timeout, deadline, remaining, sleep, sleep_until, timeout, timeout_at};
pub use error::{
    AlreadyReady, Closed, DeadlineExceeded, Empty, Failure, Panic, RejectReason, Rejected, RetryError, ScopeError,
    Settlement, StartError, Stopped, TaskError, TooLate, TrySendError,
};
#[cfg(not(feature = "rate-limit"))]
#[doc(hidden)]
pub use gather::RateLimited;
pub use gather::{Completed, ForEach, Gather, TryForEach, gather, gather_stream, try_gather};
pub use policy::{End, FailFast, Fallible, JoinAll, Policy, Settled};
pub use retry::{Retry, retry};
pub use runtime::{BoxFuture, Embedded, Runtime, RuntimeChoice, SpawnError, Spawner, Timer, block_on};
pub use scope::{
    Builder, CancelOnDrop, Driver, Finalized, Here, Kind, Limit, Local, LocalScope, Parallel, Permit, Produced, Ready,
    Report, Run, Scope, ScopedStream, Sender, Slot, Start, Task, TaskBuilder, Threads, TryRun, fail_fast, local_scope,
    scope, settled, stream, try_local_scope, try_scope, with_policy,
};
