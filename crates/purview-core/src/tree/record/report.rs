use std::{fmt, time::Duration};

use super::{
    how::{Held, Kind},
    one_line::OneLine,
};
use crate::{
    cancel::CancelReason,
    tree::info::{At, TaskInfo},
};

/// Something that is rarely meant, as an [`Observer`](crate::inspect::Observer) is told, and `tracing` where the feature is on.
///
/// Its [`Display`](fmt::Display) is one line that names the task and where it was spawned; a line break in a name is
/// written as `\n`.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Report {
    /// A poll took longer than [`Options::slow_poll`](crate::inspect::Options::slow_poll).
    SlowPoll {
        /// The task that was polled.
        task: TaskInfo,
        /// How long the poll took, or has taken yet.
        took: Duration,
        /// Whether the poll has ended.
        ended: bool,
        /// How many slow polls of the same task were not reported since the last report.
        others: u64,
    },
    /// A task was told to stop and has not been polled since: see
    /// [`Options::not_polled_again`](crate::inspect::Options::not_polled_again).
    NotPolledAgain {
        /// The task.
        task: TaskInfo,
        /// Why it was told to stop.
        reason: CancelReason,
        /// How long ago.
        since: Duration,
    },
    /// A scope was told to stop and has not ended: see [`Options::held_up`](crate::inspect::Options::held_up).
    HeldUp {
        /// The scope, as its line in a [`Snapshot`](crate::inspect::Snapshot) begins.
        scope: String,
        /// Why it was told to stop.
        reason: CancelReason,
        /// How long ago.
        since: Duration,
        /// The tasks that it waits for, at most 32, those in nested scopes too; a task that only waits for such a scope is
        /// left out.
        by: Vec<Holder>,
    },
    /// No waker of a task that is idle is alive: see [`Options::lost_waker`](crate::inspect::Options::lost_waker).
    LostWaker {
        /// The task.
        task: TaskInfo,
        /// For how long it has been idle.
        idle: Duration,
    },
    /// A task wakes itself in every poll: see [`Options::yields`](crate::inspect::Options::yields).
    Yields {
        /// The task.
        task: TaskInfo,
        /// How often it has done so in a row.
        times: u64,
    },
    /// An observer panicked. It is told nothing any more.
    ObserverPanicked {
        /// The message of the panic, where it is text.
        message: String,
    },
}

/// A task that a scope waits for, in [`Report::HeldUp`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Holder {
    /// The task.
    pub task: TaskInfo,
    /// What it is.
    pub kind: Kind,
    /// What it does, as in its line of a [`Snapshot`](crate::inspect::Snapshot).
    pub state: String,
    /// Why it holds, where it does.
    pub why: Option<Held>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_to(&mut OneLine(f))
    }
}

impl Report {
    fn write_to(&self, f: &mut impl fmt::Write) -> fmt::Result {
        match self {
            Self::SlowPoll {
                task,
                took,
                ended,
                others,
            } => {
                let took = Short(*took);
                if *ended {
                    write!(f, "slow poll: {} took {took}", Named(task))?;
                } else {
                    write!(f, "slow poll: {} has been polled for {took}", Named(task))?;
                }
                if *others > 0 {
                    write!(f, ", and {others} more since the last report")?;
                }
                Ok(())
            }
            Self::NotPolledAgain { task, reason, since } => write!(
                f,
                "not polled again: {} was told to stop {} ago ({reason}) and does not wait for that",
                Named(task),
                Short(*since)
            ),
            Self::HeldUp {
                scope,
                reason,
                since,
                by,
            } => {
                write!(f, "held up: {scope} was told to stop {} ago ({reason})", Short(*since))?;
                for (n, holder) in by.iter().enumerate() {
                    f.write_str(if n == 0 { " and waits for " } else { "; " })?;
                    write!(f, "{}, {}", Named(&holder.task), holder.state)?;
                    if let Some(why) = holder.why {
                        write!(f, ", held by {why}")?;
                    }
                }
                Ok(())
            }
            Self::LostWaker { task, idle } => write!(
                f,
                "lost waker: {} has been idle for {} and none of its wakers is alive",
                Named(task),
                Short(*idle)
            ),
            Self::Yields { task, times } => {
                write!(f, "yields: {} has woken itself in {times} polls in a row", Named(task))
            }
            Self::ObserverPanicked { message } => {
                write!(f, "an observer panicked and is told nothing any more: {message}")
            }
        }
    }
}

/// A task by its name, and where it was spawned.
struct Named<'a>(&'a TaskInfo);

impl fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`{}", self.0.name(), At(self.0.location()))
    }
}

/// A duration in at most four digits.
pub(crate) struct Short(pub(crate) Duration);

impl fmt::Display for Short {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let secs = self.0.as_secs_f64();
        match secs {
            _ if self.0.is_zero() => f.write_str("0 s"),
            _ if secs < 1e-6 => write!(f, "{:.0} ns", secs * 1e9),
            _ if secs < 1e-3 => write!(f, "{:.0} µs", secs * 1e6),
            _ if secs < 1e-2 => write!(f, "{:.1} ms", secs * 1e3),
            _ if secs < 1.0 => write!(f, "{:.0} ms", secs * 1e3),
            _ if secs < 120.0 => write!(f, "{secs:.1} s"),
            _ if secs < 7200.0 => write!(f, "{:.0} min", secs / 60.0),
            _ => write!(f, "{:.1} h", secs / 3600.0),
        }
    }
}
