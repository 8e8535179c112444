use crate::{time::Instant, tree::info::TaskInfo};

/// What a task was found to wait for when it was polled last.
///
/// Only waits on what the crate itself offers are known. A task that has none of them, and runs no scope, waits for
/// something else: see [`Node::waits`](crate::inspect::Node::waits).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum WaitsFor {
    /// The end of another task.
    Task(TaskInfo),
    /// That a child says it is ready: `start`.
    Ready(TaskInfo),
    /// Its cancellation, or that of a token.
    Cancellation,
    /// A place under the limit of a scope.
    Permit,
    /// An instant: `sleep`.
    Until(Instant),
    /// An item from a channel of `produce` or `stream`.
    Item,
    /// Room in a channel of `produce` or `stream`.
    Room,
    /// A closure on the pool for blocking work.
    Closure,
    /// The end of a scope that is being shut down.
    End {
        /// The name that it was given.
        scope: Option<String>,
        /// Whether its driver has been polled.
        driven: bool,
    },
}

impl WaitsFor {
    pub(crate) fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Task(task), Self::Task(other)) | (Self::Ready(task), Self::Ready(other)) => task.id() == other.id(),
            (Self::Until(at), Self::Until(other)) => at == other,
            (Self::End { scope, .. }, Self::End { scope: other, .. }) => scope == other,
            (Self::Cancellation, Self::Cancellation)
            | (Self::Permit, Self::Permit)
            | (Self::Item, Self::Item)
            | (Self::Room, Self::Room)
            | (Self::Closure, Self::Closure) => true,
            _ => false,
        }
    }
}
