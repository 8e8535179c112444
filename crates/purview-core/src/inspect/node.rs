use std::{fmt, panic::Location, time::Duration};

use super::{Held, Kind, ScopeId, WaitsFor};
use crate::{
    cancel::CancelReason,
    time::Instant,
    tree::{TaskId, TaskInfo},
};

/// Which scope, or which task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum NodeId {
    /// A scope or a gather.
    Scope(ScopeId),
    /// A task.
    Task(TaskId),
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scope(id) => write!(f, "scope {id}"),
            Self::Task(id) => write!(f, "task {id}"),
        }
    }
}

/// A scope, a gather or a task in a [`Snapshot`](super::Snapshot).
///
/// Its [`Display`](fmt::Display) is its line in the tree, without the indent.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Node {
    /// Which one.
    pub id: NodeId,
    /// What it is.
    pub kind: Kind,
    /// Where it was spawned or opened.
    pub location: Option<&'static Location<'static>>,
    /// How far a gather has come.
    pub progress: Option<Progress>,
    /// How long ago it was spawned; of a scope, since when it is recorded.
    pub age: Duration,
    /// What it does now.
    pub state: State,
    /// The deadline of a scope, its own or an earlier one of a scope around.
    pub deadline: Option<Instant>,
    /// How long it is until then.
    pub left: Option<Duration>,
    /// Why it is told to stop, if it is.
    pub stopping: Option<Stopping>,
    /// What keeps it from being dropped, or would once it is told to stop.
    pub holding: Vec<Holding>,
    /// How often a task was polled.
    pub polls: u64,
    /// How long its polls have taken in all; `None` of a scope, and where [`Options::times`](super::Options::times) is off.
    pub busy: Option<Duration>,
    /// How long the longest of them took, likewise.
    pub longest: Option<Duration>,
    /// How long ago the last of them ended.
    pub polled: Option<Duration>,
    /// What a task was found to wait for when it was polled last.
    ///
    /// Empty where it runs a scope, which it then waits for, and where it waits for something that is not of this crate:
    /// an *outside wake*, as from a socket.
    pub waits: Vec<WaitsFor>,
    /// How many wakers of a task are alive, where [`Options::wakers`](super::Options::wakers) is on.
    pub wakers: Option<usize>,
    /// How often it was woken, likewise.
    pub wakes: Option<u64>,
    /// How many of the tasks in a scope are not shown.
    pub left_out: usize,
    /// How deep it is in the tree; roots are at 0.
    pub depth: usize,
    /// The index of what it is in, in [`Snapshot::nodes`](super::Snapshot::nodes).
    pub parent: Option<usize>,
    /// The name of a scope.
    pub(super) given: Option<String>,
    pub(super) info: Option<TaskInfo>,
    /// It was polled since it was told to stop.
    pub(super) heard: bool,
    /// It is a task that runs a scope.
    pub(super) runs_scope: bool,
}

impl Node {
    /// Its name. That of a scope is empty where it was given none.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// let tree = purview::block_on(purview::scope(async |s| s.snapshot()));
    /// assert_eq!(tree.nodes()[0].name(), "");
    /// ```
    pub fn name(&self) -> &str {
        match &self.info {
            Some(task) => task.name(),
            None => self.given.as_deref().unwrap_or_default(),
        }
    }

    /// Which task it is; `None` for a scope.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// # use purview::inspect::{self, Options};
    /// # inspect::enable(Options::new()).unwrap();
    /// let me = purview::block_on(purview::scope(async |s| {
    ///     let tree = s.snapshot();
    ///     tree.nodes().iter().find_map(|node| node.task().cloned()).unwrap()
    /// }));
    /// assert_eq!(me.name(), "body");
    /// ```
    pub fn task(&self) -> Option<&TaskInfo> {
        self.info.as_ref()
    }

    /// Whether it is a task that was told to stop, alone or with its scope, and has not been polled since.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use purview::inspect;
    ///
    /// let deaf = inspect::snapshot().nodes().iter().filter(|node| node.is_deaf()).count();
    /// assert_eq!(deaf, 0);
    /// ```
    pub fn is_deaf(&self) -> bool {
        self.stopping.is_some() && matches!(self.state, State::Idle(_)) && self.info.is_some() && !self.heard
    }
}

/// How many futures of a gather have ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// How many have ended.
    pub done: usize,
    /// How many there are in all; `None` where they come from a stream.
    pub total: Option<usize>,
}

/// What a scope or a task does now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum State {
    /// It was not polled yet, and why.
    Queued(Queued),
    /// It waits, since its last poll ended.
    Idle(Duration),
    /// It is being polled, for so long.
    Polled(Duration),
    /// It is a closure that runs on a thread for blocking work, for so long.
    Running(Duration),
    /// It is a scope without a body that is open, and has no children.
    Open,
    /// It is a scope with tasks in it.
    Scope,
    /// It is a scope that has not been polled: its future, or its driver, is neither awaited nor spawned.
    NotPolled,
    /// It is a scope that has ended, as a handle that has outlived it shows it.
    Ended,
}

/// Why a task was not polled yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Queued {
    /// Its scope has as many children as its limit allows.
    Limit,
    /// Its scope starts children at a rate.
    Rate,
    /// Its turn comes when its scope is next polled; of a finalizer, when the scope ends; of a guest, when it is awaited.
    Turn,
}

/// A scope or a task that was told to stop.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Stopping {
    /// Why.
    pub reason: CancelReason,
    /// How long ago, where that was recorded.
    pub since: Option<Duration>,
    /// How long it is given yet; `None` without a bound, or when that is over.
    pub grace: Option<Duration>,
}

/// What keeps a task from being dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Holding {
    /// Why it holds.
    pub why: Held,
    /// For how long it has.
    pub since: Duration,
}
