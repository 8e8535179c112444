use std::fmt;

use crate::cancel::CancelReason;

/// What a [`Node`](crate::inspect::Node) of the tree is, and what an [`Observer`](crate::inspect::Observer) is told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// A scope: of `scope`, of a builder's `run` or `open`, of a `stream`.
    Scope,
    /// A gather.
    Gather,
    /// The body of a scope.
    Body,
    /// A child that runs in its scope's own task.
    Child,
    /// A child that its scope does not wait for.
    Daemon,
    /// A child that runs on the executor.
    Parallel,
    /// A closure on the pool for blocking work.
    Blocking,
    /// A child that runs in the task that awaits it.
    Guest,
    /// An async finalizer.
    Finalizer,
    /// A future of a gather.
    Member,
}

impl Kind {
    /// Whether it has tasks in it, and is none itself.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use purview::inspect::Kind;
    ///
    /// assert!(Kind::Scope.is_scope());
    /// assert!(!Kind::Body.is_scope());
    /// ```
    pub fn is_scope(self) -> bool {
        matches!(self, Self::Scope | Self::Gather)
    }

    /// One word, in lower case.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// assert_eq!(purview::inspect::Kind::Guest.as_str(), "guest");
    /// ```
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Scope => "scope",
            Self::Gather => "gather",
            Self::Body => "body",
            Self::Child => "child",
            Self::Daemon => "daemon",
            Self::Parallel => "parallel",
            Self::Blocking => "blocking",
            Self::Guest => "guest",
            Self::Finalizer => "finalizer",
            Self::Member => "member",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How a task ended, as an [`Observer`](crate::inspect::Observer) is told.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum How {
    /// It returned, and what it returned is no error.
    Returned,
    /// It returned what its policy takes for a failure, as an error.
    Failed,
    /// It panicked, or its destructor did.
    Panicked,
    /// It was dropped before it had ended.
    Cancelled(CancelReason),
}

impl fmt::Display for How {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Returned => f.write_str("returned"),
            Self::Failed => f.write_str("failed"),
            Self::Panicked => f.write_str("panicked"),
            Self::Cancelled(reason) => write!(f, "cancelled: {reason}"),
        }
    }
}

/// Why a task is polled on, or waited for, although it was told to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Held {
    /// It is inside a `shield`, or waits for its cancellation and has been told.
    Shield,
    /// A finalizer in it has not ended.
    Finalizer,
    /// Something of it runs on another thread: a closure, or the poll of a parallel child.
    Elsewhere,
}

impl Held {
    pub(crate) const ALL: [Self; 3] = [Self::Shield, Self::Finalizer, Self::Elsewhere];
}

impl fmt::Display for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Shield => "a shield, or a wait for its cancellation",
            Self::Finalizer => "a finalizer",
            Self::Elsewhere => "work on another thread",
        })
    }
}
