//! The scopes that have not ended, and who in them waits for what.

use std::fmt::{Result, Write};

use purview_core::{
    TaskInfo,
    census::{LiveScope, LiveTask, Wait},
};

use super::stall::count;

pub(super) fn write(scopes: &[LiveScope], out: &mut String) -> Result {
    if !scopes.is_empty() {
        out.push_str("scopes, and who in them has not ended:\n");
    }
    scopes.iter().try_for_each(|scope| write_scope(scope, 1, out))
}

fn write_scope(scope: &LiveScope, depth: usize, out: &mut String) -> Result {
    let indent = 2 * depth;
    write!(out, "{:indent$}scope", "")?;
    if let Some(name) = &scope.name {
        write!(out, " `{name}`")?;
    }
    if let Some(reason) = &scope.cancelled {
        write!(out, ", stopped: {reason}")?;
    }
    if scope.open {
        out.push_str(", open: waits until it is closed, or its last handle dropped");
    }
    out.push('\n');
    scope.tasks.iter().try_for_each(|task| write_task(task, depth + 1, out))
}

fn write_task(task: &LiveTask, depth: usize, out: &mut String) -> Result {
    let indent = 2 * depth;
    write!(out, "{:indent$}", "")?;
    if task.body {
        write!(out, "the body (task {})", task.info.id())?;
    } else {
        write_info(&task.info, out)?;
    }
    if task.closure {
        // What it waited for is not forgotten between polls, as there are none: it would be told for ever.
        out.push_str(": runs or blocks, in a closure");
    } else if task.polls == 0 {
        // A limit or a rate keeps it back.
        out.push_str(": waits for its turn to start");
    } else {
        write!(out, ": polled {}", count(task.polls, "time"))?;
        write_waits(task, out)?;
    }
    if let Some(reason) = &task.cancelled {
        write!(out, "; holds, though stopped: {reason}")?;
    }
    out.push('\n');
    task.scopes
        .iter()
        .try_for_each(|scope| write_scope(scope, depth + 1, out))
}

fn write_waits(task: &LiveTask, out: &mut String) -> Result {
    if task.waits.is_empty() && task.scopes.is_empty() {
        out.push_str(", waits for something that no scope knows of");
    }
    for wait in &task.waits {
        match wait {
            Wait::Task(info) => {
                out.push_str(", awaits ");
                write_info(info, out)?;
            }
            Wait::Ready(info) => {
                out.push_str(", waits until ready is ");
                write_info(info, out)?;
            }
            Wait::Cancellation => out.push_str(", waits for a cancellation"),
            Wait::Permit => out.push_str(", waits for a permit"),
            _ => {}
        }
    }
    Ok(())
}

fn write_info(info: &TaskInfo, out: &mut String) -> Result {
    write!(out, "`{}` (task {})", info.name(), info.id())
}
