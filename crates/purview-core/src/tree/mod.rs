//! The tree of scopes and tasks: which task polls which scope, what holds, and what is told to stop.

mod bound;
mod deadline;
mod ended;
mod grace;
mod holding;
mod info;
mod link;
mod scope_node;
mod stop;
mod task_node;

pub use self::info::{TaskId, TaskInfo};
pub(crate) use self::{
    bound::Bound,
    grace::{GivenGrace, Grace},
    holding::Hold,
    info::Naming,
    scope_node::{ScopeNode, ScopeOptions},
    task_node::{HoldKind, Role, TaskNode},
};
