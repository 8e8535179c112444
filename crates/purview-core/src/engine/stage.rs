use crate::{cancel::CancelReason, time::Instant, tree::Grace};

/// How far a scope or a gather has come.
pub(crate) enum Stage {
    /// It has not been polled.
    New,
    Running,
    /// Cancelled: what holds is waited for.
    Cut {
        reason: CancelReason,
        grace: Grace,
        /// When the present grace ends, if it does.
        until: Option<Instant>,
    },
    Ended {
        stop: Option<CancelReason>,
    },
}

impl Stage {
    pub(crate) fn is_running(&self) -> bool {
        matches!(self, Self::Running)
    }

    pub(crate) fn is_ended(&self) -> bool {
        matches!(self, Self::Ended { .. })
    }

    /// Why it was cut, if it was.
    pub(crate) fn stopped(&self) -> Option<&CancelReason> {
        match self {
            Self::New | Self::Running => None,
            Self::Cut { reason, .. } => Some(reason),
            Self::Ended { stop } => stop.as_ref(),
        }
    }

    /// What is waited for; `None` where it was not cut.
    pub(crate) fn grace(&self) -> Option<Grace> {
        match self {
            Self::Cut { grace, .. } => Some(*grace),
            _ => None,
        }
    }

    pub(crate) fn end(&mut self) {
        *self = Self::Ended {
            stop: self.stopped().cloned(),
        };
    }
}
