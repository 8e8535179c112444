//! Scopes: what owns futures, drives them, and does not end before they do.

mod away;
mod blocking;
mod body;
mod builder;
mod cancel_on_drop;
mod channel;
mod child;
mod cut;
pub(crate) mod cut_off;
mod deadline;
mod defer;
mod desk;
mod driver;
mod ending;
mod entry;
pub(crate) mod fruitless;
mod handle;
mod holding;
mod intake;
mod job;
mod kept;
mod kind;
mod leaving;
mod limit;
#[cfg(all(loom, test))]
mod models;
mod open;
mod over;
mod parallel;
mod permit;
mod produce;
mod rate;
mod remote;
mod reserve;
mod run;
mod scoped_stream;
mod seat;
mod shared;
mod shutdown;
mod signal;
mod spawn;
mod start;
mod state;
mod stay;
mod stop;
mod task;
mod try_run;

#[cfg(feature = "rate-limit")]
pub(crate) use rate::Rate;
pub use {
    builder::{Builder, fail_fast, settled, with_policy},
    cancel_on_drop::CancelOnDrop,
    channel::Sender,
    defer::Finalized,
    entry::{local_scope, scope, try_local_scope, try_scope},
    handle::{LocalScope, Scope},
    kind::{Kind, Local, Threads},
    limit::Limit,
    open::{Driver, Report},
    permit::Permit,
    produce::Produced,
    reserve::Slot,
    run::{Run, TryRun},
    scoped_stream::{ScopedStream, stream},
    spawn::{Here, Parallel, TaskBuilder},
    start::{Ready, Start},
    task::Task,
};
pub(crate) use {
    signal::{Line, lane, part},
    state::{Link, Options, State},
};
