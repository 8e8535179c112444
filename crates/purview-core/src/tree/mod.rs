//! The tree of scopes and tasks: which task polls which scope, what holds, and what is told to stop.

mod bound;
mod deadline;
mod ended;
mod grace;
mod holding;
mod info;
mod link;
pub(crate) mod record;
mod recorded;
mod scope_node;
mod spans;
mod stop;
mod task_node;

pub use self::info::{TaskId, TaskInfo};
#[cfg(feature = "tracing")]
pub(crate) use self::spans::SpanAround;
pub(crate) use self::{
    bound::Bound,
    grace::{GivenGrace, Grace},
    holding::Hold,
    info::{At, Naming},
    scope_node::{Link, ScopeNode, ScopeOptions, Stopped},
    spans::ScopeSpans,
    task_node::{HoldKind, Role, TaskNode},
};
