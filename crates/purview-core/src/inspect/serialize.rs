//! The tree for other programs, with the feature `serde`: a flat list of nodes, each with the index of its parent. Times are
//! in seconds.

use std::time::Duration;

use serde::ser::{Serialize, SerializeStruct, Serializer};

use super::{Holding, Kind, Node, NodeId, Progress, Snapshot, State, Stopping, WaitsFor};

impl Serialize for Snapshot {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("Snapshot", 3)?;
        out.serialize_field("took", &seconds(self.took()))?;
        out.serialize_field("left_out", &self.left_out())?;
        out.serialize_field("nodes", self.nodes())?;
        out.end()
    }
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("Node", 23)?;
        out.serialize_field("id", &self.id)?;
        out.serialize_field("kind", &self.kind)?;
        out.serialize_field("name", self.name())?;
        out.serialize_field("file", &self.location.map(std::panic::Location::file))?;
        out.serialize_field("line", &self.location.map(std::panic::Location::line))?;
        out.serialize_field("column", &self.location.map(std::panic::Location::column))?;
        out.serialize_field("age", &seconds(self.age))?;
        out.serialize_field("state", self.state.word())?;
        out.serialize_field("since", &self.state.since().map(seconds))?;
        out.serialize_field("progress", &self.progress)?;
        out.serialize_field("left", &self.left.map(seconds))?;
        out.serialize_field("stopping", &self.stopping)?;
        out.serialize_field("holding", &self.holding)?;
        out.serialize_field("polls", &self.polls)?;
        out.serialize_field("busy", &self.busy.map(seconds))?;
        out.serialize_field("longest", &self.longest.map(seconds))?;
        out.serialize_field("polled", &self.polled.map(seconds))?;
        out.serialize_field("waits", &self.waits)?;
        out.serialize_field("wakers", &self.wakers)?;
        out.serialize_field("wakes", &self.wakes)?;
        out.serialize_field("left_out", &self.left_out)?;
        out.serialize_field("depth", &self.depth)?;
        out.serialize_field("parent", &self.parent)?;
        out.end()
    }
}

/// As text, `task 7` or `scope 3`.
impl Serialize for NodeId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// As one word.
impl Serialize for Kind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// As text.
impl Serialize for WaitsFor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Serialize for Progress {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("Progress", 2)?;
        out.serialize_field("done", &self.done)?;
        out.serialize_field("total", &self.total)?;
        out.end()
    }
}

impl Serialize for Stopping {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("Stopping", 3)?;
        out.serialize_field("reason", &self.reason.to_string())?;
        out.serialize_field("since", &self.since.map(seconds))?;
        out.serialize_field("grace", &self.grace.map(seconds))?;
        out.end()
    }
}

impl Serialize for Holding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("Holding", 2)?;
        out.serialize_field("why", &self.why.to_string())?;
        out.serialize_field("since", &seconds(self.since))?;
        out.end()
    }
}

impl State {
    fn word(&self) -> &'static str {
        match self {
            Self::Queued(super::Queued::Limit) => "queued by the limit",
            Self::Queued(super::Queued::Rate) => "queued by the rate",
            Self::Queued(super::Queued::Turn) => "not started",
            Self::Idle(_) => "idle",
            Self::Polled(_) => "polled",
            Self::Running(_) => "running",
            Self::Open => "open",
            Self::Scope => "scope",
            Self::NotPolled => "never polled",
            Self::Ended => "ended",
        }
    }

    fn since(&self) -> Option<Duration> {
        match self {
            Self::Idle(since) | Self::Polled(since) | Self::Running(since) => Some(*since),
            _ => None,
        }
    }
}

fn seconds(duration: Duration) -> f64 {
    duration.as_secs_f64()
}
