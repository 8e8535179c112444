//! The live tree of scopes and tasks of a program, what is rarely meant in it, and what happens to each task.
//!
//! Nothing is recorded by default. After [`enable`], [`snapshot`] shows every live scope and gather with the tasks in it:
//! where each was spawned, how long ago, how often and how long it was polled, what it waits for, and, once it was told to
//! stop, what holds it up. [`Options`] has reports of slow polls and of shutdowns that do not end, and [`Observer`]s are
//! told of everything as it happens.
//!
//! ```
//! # use purview_core as purview;
//! use purview::{inspect, scope};
//!
//! inspect::enable(inspect::Options::new()).unwrap();
//! let tree = purview::block_on(scope(async |s| {
//!     s.task().name("listener").daemon().spawn(std::future::pending::<()>());
//!     purview::checkpoint().await; // the children are polled
//!     inspect::snapshot().to_string()
//! }));
//! assert!(tree.contains("listener"));
//! ```
//!
//! # What it costs
//!
//! Where it is not enabled, a spawn and a poll do one relaxed load each. Where it is, records are kept in the node of each
//! scope, under a lock of that scope's own; no lock is shared by all. See [`Options`] for what each part costs.
//!
//! # What a snapshot is
//!
//! *Weakly consistent*: each task is shown as it was at some moment during the call, while all of them run on. A task that
//! moves, starts or ends meanwhile may be shown or not. It takes time in proportion to what is alive, and never more memory
//! than [`Options::max_nodes`] allows; it counts what it omits.
//!
//! It runs no code of the user's, and may be taken anywhere: in a destructor, a waker, an observer, a poll. Times are those
//! of the system's clock, or of the test runtime on whose thread it is taken.
//!
//! What had been started before [`enable`] is shown from when it is next polled.

mod check;
mod display;
mod enable;
mod hooks;
mod line;
mod links;
mod node;
#[cfg(feature = "serde")]
mod serialize;
mod snapshot;
mod task;
mod task_hooks;
mod timeline;
mod tree;

pub use self::{
    check::check,
    enable::{Inspector, InstalledInspector, enable, is_enabled},
    node::{Holding, Node, NodeId, Progress, Queued, State, Stopping},
    snapshot::{Snapshot, snapshot},
    timeline::Timeline,
};
pub(crate) use self::{
    hooks::{note_pass, steps, waits},
    task_hooks::Noted,
};
#[doc(hidden)]
pub use crate::tree::record::OneLine;
pub(crate) use crate::tree::record::is_on;
pub use crate::tree::record::{
    AlreadyEnabled, Held, Holder, How, Kind, Observer, Options, Report, ScopeId, ScopeInfo, Spawned, WaitsFor,
};
