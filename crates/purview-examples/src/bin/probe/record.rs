use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use crate::probe::Miss;

/// How a probe ended.
#[derive(Clone, Debug)]
pub(crate) enum Outcome {
    Answered(String),
    Refused(String),
    TimedOut(String),
    Failed(String),
    Cancelled,
}

impl Outcome {
    /// What is known beyond the outcome's name.
    pub(crate) fn detail(&self) -> &str {
        match self {
            Self::Answered(text) | Self::Refused(text) | Self::TimedOut(text) | Self::Failed(text) => text,
            Self::Cancelled => "",
        }
    }

    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Answered(_) => "answered",
            Self::Refused(_) => "refused",
            Self::TimedOut(_) => "timed out",
            Self::Failed(_) => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

impl From<&Result<String, Miss>> for Outcome {
    fn from(result: &Result<String, Miss>) -> Self {
        match result {
            Ok(answer) => Self::Answered(answer.clone()),
            Err(miss @ Miss::Refused) => Self::Refused(miss.to_string()),
            Err(miss @ Miss::TimedOut(_)) => Self::TimedOut(miss.to_string()),
            Err(miss @ Miss::Failed(_)) => Self::Failed(miss.to_string()),
        }
    }
}

/// When one probe ran, and how it ended.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    /// `None`: cancelled before its turn came.
    pub(crate) span: Option<(Duration, Duration)>,
    pub(crate) outcome: Outcome,
}

impl Run {
    pub(crate) fn latency(&self) -> Option<Duration> {
        self.span.map(|(started, ended)| ended.saturating_sub(started))
    }
}

/// Which probe ran when. Every probe borrows it; what the policy makes of their results does not matter here.
#[derive(Debug)]
pub(crate) struct Record {
    began: Instant,
    runs: Mutex<Vec<Run>>,
}

impl Record {
    pub(crate) fn new(targets: usize) -> Self {
        let unstarted = Run {
            span: None,
            outcome: Outcome::Cancelled,
        };
        Self {
            began: Instant::now(),
            runs: Mutex::new(vec![unstarted; targets]),
        }
    }

    /// Starts the clock of one probe.
    pub(crate) fn start(&self, index: usize) -> Running<'_> {
        Running {
            record: self,
            index,
            started: self.began.elapsed(),
            outcome: Outcome::Cancelled,
        }
    }

    pub(crate) fn into_runs(self) -> (Duration, Vec<Run>) {
        (
            self.began.elapsed(),
            self.runs.into_inner().unwrap_or_else(PoisonError::into_inner),
        )
    }
}

/// A probe under way. Cancellation drops it before [`end`](Running::end), and that is what the record then says.
#[derive(Debug)]
pub(crate) struct Running<'a> {
    record: &'a Record,
    index: usize,
    started: Duration,
    outcome: Outcome,
}

impl Running<'_> {
    pub(crate) fn end(mut self, outcome: Outcome) {
        self.outcome = outcome;
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        let span = Some((self.started, self.record.began.elapsed()));
        let outcome = std::mem::replace(&mut self.outcome, Outcome::Cancelled);
        self.record.runs.lock().unwrap_or_else(PoisonError::into_inner)[self.index] = Run { span, outcome };
    }
}
