//! What the free functions know of the scope around their caller, on every executor.
//!
//! Whoever polls a task on our behalf puts that task into a thread-local for as long as the poll lasts, and puts back
//! what was there: also after a panic, and whichever thread the next poll is on.

mod checkpoint;
mod current;
mod frame;
mod holds;
mod key;
mod span;
mod stop;
mod task_info;
mod turn;

pub use {
    checkpoint::{Checkpoint, checkpoint},
    current::current,
    key::{ContextKey, WithContext},
    task_info::{TaskId, TaskInfo},
};
pub(crate) use {
    current::{
        Place, Surroundings, bindings, enter, enter_shield, frame, is_in_closure, link, must_not_block, scope,
        visible_frame,
    },
    frame::{Frame, Role},
    key::Binding,
    span::scope_cut,
    task_info::Naming,
};
