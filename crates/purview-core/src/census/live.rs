use crate::{cancel::CancelReason, time::Instant, tree::TaskInfo};

/// What a task waits for, as far as that can be seen from here.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Wait {
    /// The end of another task.
    Task(TaskInfo),
    /// That a child says it is ready.
    Ready(TaskInfo),
    /// Its cancellation, or that of a token.
    Cancellation,
    /// A place under the limit of a scope.
    Permit,
    /// An instant.
    Until(Instant),
    /// The end of a scope that is being shut down.
    End {
        /// The name that it was given.
        scope: Option<String>,
        /// Whether its driver has been polled.
        driven: bool,
    },
}

/// A scope that has not ended.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct LiveScope {
    /// The name that it was given.
    pub name: Option<String>,
    /// Why it was cancelled.
    pub cancelled: Option<CancelReason>,
    /// Whether it is an open one without tasks, which waits to be closed.
    pub open: bool,
    /// The tasks in it that have not ended, in the order in which they were spawned.
    pub tasks: Vec<LiveTask>,
}

/// A task that has not ended.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct LiveTask {
    /// Which task it is.
    pub info: TaskInfo,
    /// Whether it is the body of its scope.
    pub body: bool,
    /// How often it was polled.
    pub polls: u64,
    /// Whether it is a closure that has been started, on a thread that may block.
    pub closure: bool,
    /// What it was found to wait for; empty where that is nothing of Purview's.
    pub waits: Vec<Wait>,
    /// Why it was cancelled; it holds then.
    pub cancelled: Option<CancelReason>,
    /// The scopes that it runs.
    pub scopes: Vec<LiveScope>,
}

impl Wait {
    pub(super) fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Task(task), Self::Task(other)) | (Self::Ready(task), Self::Ready(other)) => task.id() == other.id(),
            (Self::Cancellation, Self::Cancellation) | (Self::Permit, Self::Permit) => true,
            (Self::Until(at), Self::Until(other)) => at == other,
            (Self::End { scope, .. }, Self::End { scope: other, .. }) => scope == other,
            _ => false,
        }
    }
}
