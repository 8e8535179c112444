use std::{borrow::Cow, error::Error, fmt};

/// Why a scope, task or token was cancelled. The first reason is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CancelReason {
    /// A child or the body failed, or the policy had seen enough.
    Failed,
    /// A child or the body panicked.
    Panicked,
    /// The deadline passed.
    DeadlineExceeded,
    /// The cancellation was requested, with or without a reason.
    Requested(Option<Cow<'static, str>>),
    /// The scope around it was cancelled.
    Parent,
    /// Its scope ended in the ordinary way, or the race it was in is decided.
    Ended,
}

impl fmt::Display for CancelReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed => f.write_str("a task failed"),
            Self::Panicked => f.write_str("a task panicked"),
            Self::DeadlineExceeded => f.write_str("deadline exceeded"),
            Self::Requested(None) => f.write_str("cancelled on request"),
            Self::Requested(Some(why)) => write!(f, "cancelled on request: {why}"),
            Self::Parent => f.write_str("the enclosing scope was cancelled"),
            Self::Ended => f.write_str("the scope has ended"),
        }
    }
}

/// So that `?` on what a guest gives works under `anyhow` and `Box<dyn Error>`.
impl Error for CancelReason {}
