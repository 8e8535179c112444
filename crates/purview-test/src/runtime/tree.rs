//! The scopes that have not ended, and what each child in them waits for.

use std::fmt::{Result, Write};

use purview_core::{
    TaskInfo,
    census::{LiveScope, LiveTask, Wait},
    runtime::Instant,
};

use super::stall::{StallKind, count};

pub(super) struct Tree<'a> {
    pub(super) kind: StallKind,
    pub(super) now: Instant,
    pub(super) out: &'a mut String,
}

impl Tree<'_> {
    pub(super) fn write(&mut self, scopes: &[LiveScope]) -> Result {
        if !scopes.is_empty() {
            self.out
                .push_str("scopes, and the tasks in them that have not ended:\n");
        }
        scopes.iter().try_for_each(|scope| self.write_scope(scope, 1))
    }

    fn write_scope(&mut self, scope: &LiveScope, depth: usize) -> Result {
        let indent = 2 * depth;
        write!(self.out, "{:indent$}scope", "")?;
        if let Some(name) = &scope.name {
            write!(self.out, " `{name}`")?;
        }
        if let Some(reason) = &scope.cancelled {
            write!(self.out, ", stopped: {reason}")?;
        }
        if scope.open {
            self.out
                .push_str(", open: waits until it is closed, or its last handle dropped");
        }
        self.out.push('\n');
        scope.tasks.iter().try_for_each(|task| self.write_task(task, depth + 1))
    }

    fn write_task(&mut self, task: &LiveTask, depth: usize) -> Result {
        let indent = 2 * depth;
        write!(self.out, "{:indent$}", "")?;
        if task.body {
            write!(self.out, "the body (task {})", task.info.id())?;
        } else {
            write_info(&task.info, self.out)?;
        }
        if task.closure {
            // What it waited for is not forgotten between polls, as there are none: it would be told for ever.
            self.out.push_str(": runs or blocks, in a closure");
        } else if task.polls == 0 {
            // A limit or a rate keeps it back.
            self.out.push_str(": waits for its turn to start");
        } else {
            write!(self.out, ": polled {}", count(task.polls, "time"))?;
            self.write_waits(task)?;
        }
        if let Some(reason) = &task.cancelled {
            write!(self.out, "; holds, though stopped: {reason}")?;
        }
        self.out.push('\n');
        task.scopes
            .iter()
            .try_for_each(|scope| self.write_scope(scope, depth + 1))
    }

    fn write_waits(&mut self, task: &LiveTask) -> Result {
        if task.waits.is_empty() && task.scopes.is_empty() {
            self.out.push_str(match self.kind {
                StallKind::Deadlock => ", waits for something that no scope knows of",
                StallKind::Endless => ", is never done, or waits for something that no scope knows of",
            });
        }
        for wait in &task.waits {
            match wait {
                Wait::Task(info) => {
                    self.out.push_str(", awaits ");
                    write_info(info, self.out)?;
                }
                Wait::Ready(info) => {
                    self.out.push_str(", waits until ready is ");
                    write_info(info, self.out)?;
                }
                Wait::Cancellation => self.out.push_str(", waits for a cancellation"),
                Wait::Permit => self.out.push_str(", waits for a permit"),
                Wait::Until(at) => {
                    let left = at.saturating_duration_since(self.now);
                    write!(self.out, ", sleeps for another {left:?}")?;
                }
                Wait::End { scope, driven } => {
                    self.out.push_str(", awaits the shutdown of ");
                    match scope {
                        Some(name) => write!(self.out, "scope `{name}`")?,
                        None => self.out.push_str("an open scope"),
                    }
                    if !driven {
                        self.out
                            .push_str(", whose driver was never polled: spawn it, or await it beside this");
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }
}

fn write_info(info: &TaskInfo, out: &mut String) -> Result {
    write!(out, "`{}` (task {})", info.name(), info.id())
}
