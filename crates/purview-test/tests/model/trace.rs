//! What happened: the events of one run, in order, each with the virtual time.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use purview_core::{CancelReason, CancelToken};
use purview_test::VirtualRuntime;

use crate::{
    program::{ActorId, GroupId, Place, ScopeId, TOKENS},
    shared::Shared,
};

/// What panicked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Origin {
    /// A script that ends so.
    Script(ActorId),
    /// The destructor of an actor.
    Destructor(ActorId),
    /// A scope that has no value to give.
    NoValue,
    /// A task that has no value to give.
    NoTaskValue,
    /// Something that should not panic.
    Unknown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    Returned,
    Failed,
    Panicked(Origin),
}

/// What awaiting a task gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    Value(ActorId),
    Failed(ActorId),
    Panicked(Origin),
    Cancelled(CancelReason),
}

/// What starting a child gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Begun {
    Ready,
    NeverReady,
    Failed(ActorId),
    Panicked(Origin),
    Cancelled(CancelReason),
}

/// What a group gave.
#[derive(Clone, Debug, Default)]
pub(crate) struct Told {
    /// How members ended, by their places.
    pub(crate) results: Vec<(usize, Seen)>,
    /// That it did not succeed, and which actors failed.
    pub(crate) error: Option<Vec<Fail>>,
    pub(crate) panicked: Option<Origin>,
    /// How many a shutdown let end, and how many it cut.
    pub(crate) report: Option<(usize, usize)>,
}

/// One entry of the failures that a scope reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fail {
    Failed(ActorId),
    Panicked(Origin),
}

/// What a scope resolved to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Value(ActorId),
    Settled {
        value: ActorId,
        failures: Vec<Fail>,
        stopped: Option<CancelReason>,
    },
    Error {
        reason: CancelReason,
        failures: Vec<Fail>,
    },
    Panicked(Origin),
}

/// What an actor waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wait {
    Yield,
    Checkpoint,
    Until(Duration),
    Forever,
    Task(ActorId),
    Scope(ScopeId),
    /// As `Scope`, for so many polls at most.
    Polls(ScopeId),
    /// As `Polls`, by reference, inside a timeout or shield that does not own the future.
    PollsLent(ScopeId),
    /// As `Scope`, inside a `timeout` over a reference.
    Expiry(ScopeId),
    Cancelled,
    /// The token of this scope, or a child of it.
    Token(ScopeId),
    Permit,
    Ready(ActorId),
    Group(GroupId),
}

#[derive(Clone, Debug)]
pub(crate) enum Event {
    /// The scopes of this run yield after fewer steps than it takes to start all members in turn.
    ScopesYieldEarly,
    ScopeStarts(ScopeId),
    /// The scope's future is polled, by the actor that is being polled.
    Drives(ScopeId),
    /// The scope's future is left behind by the actor that polled it last, for any other.
    IsLeft(ScopeId),
    /// The actor that is being polled has the scope's future now, where it stands.
    IsOwned(ScopeId),
    ScopeEnds(ScopeId, Outcome),
    /// The scope's future is about to be dropped, by what awaits it.
    ScopeIsDropped(ScopeId),
    /// It has been, and panicked or not.
    ScopeWasDropped(ScopeId, Option<Origin>),
    Spawns {
        child: ActorId,
        scope: ScopeId,
        place: Place,
    },
    Defers {
        finalizer: ActorId,
        scope: ScopeId,
    },
    Polled(ActorId),
    Pends(ActorId),
    Ended(ActorId, How),
    Woken(ActorId),
    /// Through the waker of an earlier poll, which an executor need not heed.
    WokenLate(ActorId),
    IsDropped(ActorId),
    WasDropped(ActorId, Option<Origin>),
    Waits(ActorId, Wait),
    GoesOn(ActorId),
    Joined(ActorId, Seen),
    Hears(ActorId, CancelReason),
    CancelsTask(ActorId),
    CancelsScope(ScopeId),
    CancelsToken(usize),
    /// As `Spawns`, in the place of a permit.
    SpawnsOnPermit {
        child: ActorId,
        scope: ScopeId,
    },
    Starts {
        child: ActorId,
        scope: ScopeId,
    },
    SetsReady(ActorId),
    /// What came of a start.
    Started(ActorId, Begun),
    /// The new deadline, and whether it was taken.
    SetsDeadline(ScopeId, Option<Duration>, bool),
    GroupStarts {
        group: GroupId,
        owner: ActorId,
    },
    ShutsDown(GroupId),
    GroupEnds(GroupId, Told),
    GroupIsDropped(GroupId),
    GroupWasDropped(GroupId),
    EntersShield(ActorId),
    LeavesShield(ActorId),
    /// An actor enters a `timeout` that ends then, over a future that it owns or over a reference.
    EntersTimeout {
        actor: ActorId,
        until: Duration,
        owned: bool,
    },
    /// What was inside the innermost `timeout` of this actor has ended.
    InsideEnds(ActorId),
    /// What was inside a `timeout` of this actor, the so-manieth around where it stands, is about to be dropped.
    InsideIsDropped(ActorId, usize),
    InsideWasDropped(ActorId, usize, Option<Origin>),
    /// Whether it expired.
    LeavesTimeout(ActorId, bool),
    /// A closure keeps its thread until then.
    Blocks(ActorId, Duration),
    GoesOnRunning(ActorId),
    /// The effective deadline, as the actor sees it.
    SeesDeadline(ActorId, Option<Duration>),
}

pub(crate) type Trace = Vec<(Duration, Event)>;

/// What all actors of a run share.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) runtime: VirtualRuntime,
    /// Tokens that belong to no scope.
    pub(crate) tokens: [CancelToken; TOKENS],
    pub(crate) shared: Shared,
    /// Whether closures need threads of their own.
    pub(crate) closures_block: bool,
    trace: Arc<Mutex<Trace>>,
}

impl World {
    pub(crate) fn new(runtime: VirtualRuntime, closures_block: bool) -> Self {
        Self {
            runtime,
            tokens: std::array::from_fn(|_| CancelToken::new()),
            shared: Shared::default(),
            closures_block,
            trace: Arc::default(),
        }
    }

    pub(crate) fn log(&self, event: Event) {
        let at = self.runtime.elapsed();
        self.trace
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push((at, event));
    }

    /// What has happened until now.
    pub(crate) fn trace(&self) -> Trace {
        std::mem::take(&mut self.trace.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
