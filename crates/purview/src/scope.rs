//! The types of scopes: what opens one, the handles to it, and the futures of it.
//!
//! The functions that open a scope are at the root of the crate: [`scope`](crate::scope()), [`try_scope`](crate::try_scope),
//! [`fail_fast`](crate::fail_fast), [`settled`](crate::settled).

#[doc(inline)]
pub use purview_core::scope::{
    Builder, CancelOnDrop, Driver, Entered, Finalized, Here, Kind, Local, LocalScope, Parallel, Permit, Produced,
    Ready, Report, Run, Scope, ScopedStream, Sender, Slot, Start, Task, TaskBuilder, Threads, TryRun,
};
