//! What is recorded of tasks.

mod list;
mod rare;
mod task_record;
mod waits;
mod waker;

pub(super) use self::list::Tasks;
pub use self::waits::WaitsFor;
pub(crate) use self::{
    rare::Rare,
    task_record::{PollStats, TaskRecord},
};
