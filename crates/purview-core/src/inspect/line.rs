//! One scope or task as one line of text.

use std::fmt::{self, Write};

use super::{Node, Progress, Queued, State, WaitsFor};
use crate::tree::record::{OneLine, Short};

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_line(&mut OneLine(f))
    }
}

impl Node {
    fn write_line(&self, f: &mut impl Write) -> fmt::Result {
        self.write_title(f)?;
        if let Some(at) = self.location {
            write!(f, "  {}:{}:{}", at.file(), at.line(), at.column())?;
        }
        write!(f, "  age {}", Short(self.age))?;
        write!(f, ", {}", self.state)?;
        self.write_waits(f)?;
        if self.polls > 0 {
            write!(f, ", polls {}", self.polls)?;
            if let Some(busy) = self.busy {
                write!(f, " busy {}", Short(busy))?;
            }
            if let Some(longest) = self.longest.filter(|_| self.polls > 1) {
                write!(f, " longest {}", Short(longest))?;
            }
        }
        match self.wakers {
            Some(0) if matches!(self.state, State::Idle(_)) => f.write_str(", no waker alive")?,
            Some(n) => write!(f, ", wakers {n}")?,
            None => {}
        }
        if let Some(left) = self.left {
            write!(f, ", deadline in {}", Short(left))?;
        }
        for holding in &self.holding {
            write!(f, ", holds for {}: {}", Short(holding.since), holding.why)?;
        }
        self.write_stopping(f)?;
        if self.left_out > 0 {
            write!(f, ", {} more are not shown", self.left_out)?;
        }
        Ok(())
    }

    /// What it is and how it is called.
    pub(super) fn write_title(&self, f: &mut impl Write) -> fmt::Result {
        f.write_str(self.kind.as_str())?;
        if let Some(Progress { done, total }) = self.progress {
            match total {
                Some(total) => write!(f, " {done}/{total}")?,
                None => write!(f, " {done}")?,
            }
        }
        if !self.name().is_empty() {
            write!(f, " `{}`", self.name())?;
        }
        Ok(())
    }

    fn write_waits(&self, f: &mut impl Write) -> fmt::Result {
        for (n, wait) in self.waits.iter().enumerate() {
            f.write_str(if n == 0 { ", waits for " } else { " or " })?;
            write!(f, "{wait}")?;
        }
        if self.waits.is_empty() && self.info.is_some() && matches!(self.state, State::Idle(_)) && !self.runs_scope {
            f.write_str(", waits for an outside wake")?;
        }
        Ok(())
    }

    fn write_stopping(&self, f: &mut impl Write) -> fmt::Result {
        let Some(stopping) = &self.stopping else { return Ok(()) };
        f.write_str(", told to stop")?;
        if let Some(since) = stopping.since {
            write!(f, " {} ago", Short(since))?;
        }
        write!(f, ": {}", stopping.reason)?;
        if self.is_deaf() {
            f.write_str(", not polled since")?;
        }
        if let Some(grace) = stopping.grace {
            write!(f, ", in grace for {}", Short(grace))?;
        }
        Ok(())
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Queued(Queued::Limit) => f.write_str("queued by the limit"),
            Self::Queued(Queued::Rate) => f.write_str("queued by the rate"),
            Self::Queued(Queued::Turn) => f.write_str("not started"),
            Self::Idle(idle) => write!(f, "idle for {}", Short(*idle)),
            Self::Polled(time) => write!(f, "being polled for {}", Short(*time)),
            Self::Running(time) => write!(f, "running for {}", Short(*time)),
            Self::Open => f.write_str("open"),
            Self::Scope => f.write_str("running"),
            Self::NotPolled => f.write_str("never polled"),
            Self::Ended => f.write_str("ended"),
        }
    }
}

impl fmt::Display for WaitsFor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Task(task) => write!(f, "task `{}`", task.name()),
            Self::Ready(task) => write!(f, "`{}` to be ready", task.name()),
            Self::Cancellation => f.write_str("a cancellation"),
            Self::Permit => f.write_str("a permit"),
            Self::Until(_) => f.write_str("a sleep"),
            Self::Item => f.write_str("an item of a channel"),
            Self::Room => f.write_str("room in a channel"),
            Self::Closure => f.write_str("a blocking closure"),
            Self::End { scope, driven } => {
                match scope {
                    Some(scope) => write!(f, "the end of scope `{scope}`")?,
                    None => f.write_str("the end of a scope")?,
                }
                f.write_str(if *driven { "" } else { ", whose driver is not polled" })
            }
        }
    }
}
