//! Scopes: they own futures, drive them, and do not end before they do.

mod builder;
mod cancel_on_drop;
mod child;
mod children;
mod entry;
mod handle;
mod kind;
mod limit;
#[cfg(all(loom, test))]
mod models;
mod offload;
mod open;
mod run;
mod shared;
mod shutdown;
mod slot;
mod spawn;
mod stream;
mod sweep;
mod task;
mod try_run;

pub use self::{
    builder::{Builder, fail_fast, settled, with_policy},
    cancel_on_drop::CancelOnDrop,
    entry::{local_scope, scope, try_local_scope, try_scope},
    handle::{LocalScope, Scope},
    kind::{Kind, Local, Threads},
    open::Driver,
    run::{Run, TryRun},
    shutdown::Report,
    spawn::{Entered, Finalized, Here, Parallel, Permit, Ready, Start, TaskBuilder},
    stream::{Produced, ScopedStream, Sender, Slot, stream},
    task::Task,
};
