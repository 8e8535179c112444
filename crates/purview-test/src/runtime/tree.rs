//! The scopes that have not ended, and what each child in them waits for.

use std::fmt::{Result, Write};

use purview_core::{
    TaskInfo,
    inspect::{Kind, Node, OneLine, Queued, Snapshot, State, WaitsFor},
    runtime::Instant,
};

use super::stall::{StallKind, count};

pub(super) struct Tree<'a> {
    pub(super) kind: StallKind,
    pub(super) now: Instant,
    pub(super) out: &'a mut String,
}

impl Tree<'_> {
    pub(super) fn write(&mut self, tree: &Snapshot) -> Result {
        if !tree.nodes().is_empty() {
            self.out
                .push_str("scopes, and the tasks in them that have not ended:\n");
        }
        for (index, node) in tree.nodes().iter().enumerate() {
            let indent = 2 * (node.depth + 1);
            let start = self.out.len();
            match node.task() {
                // It runs when all others have ended.
                Some(_) if node.kind == Kind::Finalizer && node.state == State::Queued(Queued::Turn) => {}
                Some(task) => {
                    write!(self.out, "{:indent$}", "")?;
                    self.write_task(node, task, tree.children(index).next().is_some())?;
                }
                None => {
                    write!(self.out, "{:indent$}", "")?;
                    self.write_scope(node)?;
                }
            }
            self.keep_to_one_line(start)?;
        }
        if tree.left_out() > 0 {
            writeln!(
                self.out,
                "  and {} more",
                count(tree.left_out() as u64, "scope or task")
            )?;
        }
        Ok(())
    }

    /// Names and reasons are the program's, and may have line breaks.
    fn keep_to_one_line(&mut self, start: usize) -> Result {
        let written = self.out.split_off(start);
        let (line, end) = match written.strip_suffix('\n') {
            Some(line) => (line, "\n"),
            None => (&*written, ""),
        };
        OneLine(&mut *self.out).write_str(line)?;
        self.out.write_str(end)
    }

    fn write_scope(&mut self, scope: &Node) -> Result {
        self.out.push_str("scope");
        if !scope.name().is_empty() {
            write!(self.out, " `{}`", scope.name())?;
        }
        if let Some(stopping) = &scope.stopping {
            write!(self.out, ", stopped: {}", stopping.reason)?;
        }
        match scope.state {
            State::Open => self
                .out
                .push_str(", open: waits until it is closed, or its last handle dropped"),
            State::NotPolled => self.out.push_str(", which nothing has polled"),
            _ => {}
        }
        self.out.push('\n');
        Ok(())
    }

    fn write_task(&mut self, node: &Node, task: &TaskInfo, runs_scope: bool) -> Result {
        if node.kind == Kind::Body {
            write!(self.out, "the body (task {})", task.id())?;
        } else {
            write_info(task, self.out)?;
        }
        match node.state {
            // What it waited for is not forgotten between polls, as there are none: it would be told for ever.
            State::Running(_) => self.out.push_str(": runs or blocks, in a closure"),
            // A limit or a rate keeps it back.
            State::Queued(_) => self.out.push_str(": waits for its turn to start"),
            _ => {
                write!(self.out, ": polled {}", count(node.polls, "time"))?;
                self.write_waits(node, runs_scope)?;
            }
        }
        if let Some(stopping) = node.stopping.as_ref().filter(|_| !node.holding.is_empty()) {
            write!(self.out, "; holds, though stopped: {}", stopping.reason)?;
        }
        self.out.push('\n');
        Ok(())
    }

    fn write_waits(&mut self, node: &Node, runs_scope: bool) -> Result {
        if node.waits.is_empty() && !runs_scope {
            self.out.push_str(match self.kind {
                StallKind::Deadlock => ", waits for something that no scope knows of",
                StallKind::Endless => ", is never done, or waits for something that no scope knows of",
            });
        }
        for wait in &node.waits {
            match wait {
                WaitsFor::Task(info) => {
                    self.out.push_str(", awaits ");
                    write_info(info, self.out)?;
                }
                WaitsFor::Ready(info) => {
                    self.out.push_str(", waits until ready is ");
                    write_info(info, self.out)?;
                }
                WaitsFor::Until(at) => {
                    let left = at.saturating_duration_since(self.now);
                    write!(self.out, ", sleeps for another {left:?}")?;
                }
                WaitsFor::End { scope, driven } => {
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
                other => write!(self.out, ", waits for {other}")?,
            }
        }
        Ok(())
    }
}

fn write_info(info: &TaskInfo, out: &mut String) -> Result {
    write!(out, "`{}` (task {})", info.name(), info.id())
}
