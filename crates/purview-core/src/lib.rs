#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

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
pub use cancel::{CancelReason, CancelToken, DropGuard};
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
pub use ops::{
    Cancelled, Checkpoint, Shield, Sleep, Timeout, Unblocked, UntilCancelled, cancelled, checkpoint, deadline,
    remaining, shield, sleep, sleep_until, spawn_blocking, timeout, timeout_at,
};
pub use policy::{End, FailFast, Fallible, JoinAll, Policy, Settled};
pub use retry::{Retry, retry};
pub use runtime::{BoxFuture, Embedded, Runtime, RuntimeChoice, SpawnError, Spawner, Timer};
pub use scope::{
    Builder, CancelOnDrop, Driver, Entered, Finalized, Here, Kind, Local, LocalScope, Parallel, Permit, Produced,
    Ready, Report, Run, Scope, ScopedStream, Sender, Slot, Start, Task, TaskBuilder, Threads, TryRun, fail_fast,
    local_scope, scope, settled, stream, try_local_scope, try_scope, with_policy,
};
pub use tree::{TaskId, TaskInfo};
