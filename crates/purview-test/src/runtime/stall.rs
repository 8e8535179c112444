//! What is reported when a program is stuck, or does not end.

use std::{error::Error, fmt, fmt::Write, time::Duration};

use super::{
    shared::{Shared, State},
    task::{Task, TaskId, Work},
    tree::Tree,
};

/// A program that is stuck: [`VirtualRuntime::try_block_on`](crate::VirtualRuntime::try_block_on) returns it, and
/// the functions that return no `Result` panic with its text.
///
/// The text names every task of the runtime with what could still wake it, and shows the tree of scopes: each with the
/// children that have not ended, by name, and what they wait for where a scope can know it.
///
/// # Examples
///
/// ```
/// use purview_test::VirtualRuntime;
///
/// let stalled = VirtualRuntime::new().try_block_on(std::future::pending::<()>()).unwrap_err();
/// assert!(stalled.is_deadlock());
/// assert!(stalled.to_string().starts_with("deadlock: every task waits and no timer is armed"));
/// ```
#[derive(Clone, Debug)]
pub struct Stalled {
    kind: StallKind,
    report: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StallKind {
    Deadlock,
    Endless,
}

impl Stalled {
    /// Whether every task waited and no timer was armed, so that nothing could ever happen again.
    pub fn is_deadlock(&self) -> bool {
        self.kind == StallKind::Deadlock
    }

    /// Whether the program took more steps than
    /// [`max_steps`](crate::VirtualRuntime::max_steps) allows.
    pub fn is_endless(&self) -> bool {
        self.kind == StallKind::Endless
    }
}

impl fmt::Display for Stalled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.report)
    }
}

impl Error for Stalled {}

impl Shared {
    pub(super) fn stalled(&self, kind: StallKind) -> Stalled {
        let mut report = String::new();
        // Writing to a string cannot fail.
        let _ = self.describe(kind, &mut report);
        Stalled { kind, report }
    }
}

impl Shared {
    fn describe(&self, kind: StallKind, out: &mut String) -> fmt::Result {
        let scopes = self.inspector().snapshot();
        let now = self.lock().now();
        self.lock().describe_run(kind, out)?;
        Tree { kind, now, out }.write(&scopes)?;
        self.lock().describe_wakers(kind, out)
    }
}

impl State {
    fn describe_run(&self, kind: StallKind, out: &mut String) -> fmt::Result {
        let steps = self.steps;
        match kind {
            StallKind::Deadlock if self.timers.len() > 0 => {
                writeln!(out, "deadlock: every task waits, and the clock is moved by hand only")?;
            }
            StallKind::Deadlock => {
                writeln!(out, "deadlock: every task waits and no timer is armed")?;
            }
            StallKind::Endless => writeln!(out, "endless: the program has not ended after {steps} steps")?,
        }
        writeln!(
            out,
            "after {} and {:?} of virtual time; tasks:",
            count(steps, "step"),
            self.elapsed()
        )?;
        for (id, task) in self.tasks.iter() {
            self.describe_task(id, task, out)?;
        }
        for TaskId(id) in &self.closures {
            writeln!(out, "  closure {id}: has been started and runs or blocks")?;
        }
        Ok(())
    }

    fn describe_wakers(&self, kind: StallKind, out: &mut String) -> fmt::Result {
        if self.timers.len() > 0 {
            let next = self
                .timers
                .next()
                .map_or(Duration::ZERO, |at| at.saturating_duration_since(self.now()));
            writeln!(
                out,
                "{} armed, the next one due in {next:?}",
                count(self.timers.len() as u64, "timer")
            )?;
        }
        if self.ignored_wakes > 0 {
            let wakes = count(self.ignored_wakes, "wake");
            writeln!(
                out,
                "{wakes} came through the waker of an earlier poll and did nothing: only that of the latest poll counts"
            )?;
        }
        let hope = self
            .tasks
            .iter()
            .any(|(_, task)| task.can_be_woken(self.schedule.foreign_wakers()));
        if kind == StallKind::Deadlock && self.options.patience.is_zero() && hope {
            let runtime = self.schedule.made_by();
            writeln!(
                out,
                "if a thread outside the runtime was to wake one of them, give it time: {runtime}.patience(..).run(..)"
            )?;
        }
        Ok(())
    }

    fn describe_task(&self, id: TaskId, task: &Task, out: &mut String) -> fmt::Result {
        match &task.work {
            Work::Root => write!(out, "  root")?,
            Work::Future(_) => write!(out, "  runtime task {}", id.0)?,
            Work::Closure(_) => write!(out, "  closure {}", id.0)?,
        }
        match task.spawned_by {
            Some(by) if self.tasks.is_root(by) => out.push_str(", spawned by root"),
            Some(by) => write!(out, ", spawned by runtime task {}", by.0)?,
            None => {}
        }
        let only_the_latest = self.schedule.foreign_wakers();
        let hope = match task.wakers_held() {
            _ if task.is_woken() => "is ready",
            _ if task.ignored_wakes > 0 => {
                "woken only through the waker of an earlier poll; only that of the latest poll counts"
            }
            (0, 0) => "its waker is held nowhere, so nothing can wake it",
            (0, _) if only_the_latest => {
                "only the waker of an earlier poll is held; only that of the latest poll counts"
            }
            _ => "its waker is held",
        };
        writeln!(out, ": polled {}, {hope}", count(task.polls, "time"))
    }
}

/// "1 step", "2 steps".
pub(crate) fn count(n: u64, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}
