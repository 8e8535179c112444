use std::fmt;

use clap::ValueEnum;

/// What one target's outcome means for the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Policy {
    /// The first target that does not answer stops the rest
    FailFast,
    /// Every target is probed
    Settled,
    /// The first target that answers stops the rest
    FirstSuccess,
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::FailFast => "fail-fast",
            Self::Settled => "settled",
            Self::FirstSuccess => "first-success",
        })
    }
}
