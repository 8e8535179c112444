//! What the model knows of scopes and actors.

use std::{collections::BTreeMap, time::Duration};

use purview_core::CancelReason;

use super::order::Pass;
use crate::{
    program::{ActorId, End, Kind, Place, ScopeId, ScopeSpec, Script},
    trace::{Fail, How, Origin, Wait},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Body,
    Child(Place),
    Finalizer,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Life {
    /// It has never been polled.
    Unstarted,
    Live,
    Ended(How),
    Dropped,
}

/// What became of an actor, once its future was dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Returned,
    Failed,
    Panicked(Origin),
    Cancelled,
}

#[derive(Debug)]
#[allow(clippy::struct_excessive_bools, reason = "facts that are independent of one another")]
pub(super) struct Actor {
    pub(super) scope: ScopeId,
    pub(super) role: Role,
    pub(super) end: End,
    pub(super) bomb: bool,
    pub(super) life: Life,
    pub(super) fate: Option<Fate>,
    pub(super) woken: bool,
    /// It was cancelled alone, so the scope may look at it, whatever it waits for.
    pub(super) nudged: bool,
    pub(super) wait: Option<Wait>,
    pub(super) last_wait: Option<Wait>,
    /// The shields and timeouts around where it stands, the outermost first.
    pub(super) frames: Vec<Frame>,
    /// Cancelled by itself, for one of these reasons, at this time.
    pub(super) alone: Option<(Vec<CancelReason>, Duration)>,
    /// Its task has yielded its value.
    pub(super) claimed: bool,
    /// A daemon that was the last, or one of the last, when it was polled: it may have been cancelled for that.
    pub(super) was_last: Option<Duration>,
    /// It held when its scope was cancelled, and so is dropped when it releases its hold, on its own.
    pub(super) held: bool,
    /// Spawned when its scope was cancelled already.
    pub(super) late: bool,
    /// How many permits it has in hand.
    pub(super) permits: usize,
    /// It was given its place before it was spawned.
    pub(super) admitted: bool,
    /// An actor waits until it says that it is ready.
    pub(super) unready: bool,
    /// Which event woke it, the first since its last poll.
    pub(super) woken_at: Option<u64>,
    /// Likewise, which had it looked at.
    pub(super) nudged_at: Option<u64>,
    /// How often each of the others was polled since.
    pub(super) passed_by: BTreeMap<ActorId, u32>,
    /// It waits for a token further out, which fired and cancelled its scope on the way: it is told.
    pub(super) told: bool,
    /// A closure that keeps its thread until then.
    pub(super) blocks: Option<Duration>,
    /// The panic of what a `timeout` dropped, which goes on in it.
    pub(super) panics_with: Option<Origin>,
}

impl Actor {
    pub(super) fn new(script: &Script, scope: ScopeId, role: Role) -> Self {
        Self {
            scope,
            role,
            end: script.end,
            bomb: script.bomb,
            life: Life::Unstarted,
            fate: None,
            woken: true,
            nudged: false,
            wait: None,
            last_wait: None,
            frames: Vec::new(),
            alone: None,
            claimed: false,
            was_last: None,
            held: false,
            late: false,
            permits: 0,
            admitted: false,
            unready: false,
            woken_at: None,
            nudged_at: None,
            passed_by: BTreeMap::new(),
            told: false,
            blocks: None,
            panics_with: None,
        }
    }

    /// The scope looks at it, whatever it waits for.
    pub(super) fn nudge(&mut self, step: u64) {
        self.nudged = true;
        self.nudged_at.get_or_insert(step);
    }

    /// The index of the frame that is the timeout with so many around it.
    pub(super) fn timeout(&self, around: usize) -> Option<usize> {
        let timeouts = self
            .frames
            .iter()
            .enumerate()
            .filter(|(_, frame)| matches!(frame, Frame::Timeout(_)));
        timeouts.map(|(index, _)| index).nth(around)
    }

    /// Its future exists.
    pub(super) fn exists(&self) -> bool {
        self.life != Life::Dropped
    }

    /// Its future exists and could be polled.
    pub(super) fn is_alive(&self) -> bool {
        matches!(self.life, Life::Unstarted | Life::Live)
    }

    pub(super) fn is_daemon(&self) -> bool {
        self.role == Role::Child(Place::Daemon)
    }

    pub(super) fn is_parallel(&self) -> bool {
        matches!(self.role, Role::Child(Place::Parallel | Place::Blocking))
    }

    /// Body, or child that is waited for.
    pub(super) fn is_ordinary(&self) -> bool {
        self.role != Role::Finalizer && !self.is_daemon()
    }
}

/// That a scope is cancelled: since when, and for which of several reasons that fit what was seen.
#[derive(Clone, Debug)]
pub(super) struct Cut {
    pub(super) reasons: Vec<CancelReason>,
    pub(super) at: Duration,
    /// It may have been since then.
    pub(super) since: Duration,
    /// Whether something else than the scope's handle, or a failure in it, stopped ordinary children.
    pub(super) by_others: Maybe,
    /// The scope was polled somewhere else since.
    pub(super) moved: Maybe,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Maybe {
    No,
    Perhaps,
    Yes,
}

/// A shield or a timeout around a part of an actor's script.
#[derive(Clone, Debug)]
pub(super) enum Frame {
    Shield,
    Timeout(Timeout),
}

#[derive(Clone, Debug)]
#[allow(clippy::struct_excessive_bools, reason = "facts that are independent of one another")]
pub(super) struct Timeout {
    pub(super) until: Duration,
    /// It owns what is inside, and cancels that when it expires.
    pub(super) owned: bool,
    pub(super) fired: Option<Duration>,
    /// It was due when what is around it was moved, so it may have fired then.
    pub(super) was_due: bool,
    pub(super) ended: bool,
    pub(super) dropped: bool,
}

/// Where the future of a scope was polled last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Link {
    pub(super) owner: ActorId,
    /// How many frames of its owner were around.
    pub(super) depth: usize,
    /// The innermost of them was a shield, which has ended since.
    pub(super) shielded: bool,
    /// The task, or the innermost timeout, has ended since.
    pub(super) ended: bool,
}

#[derive(Debug)]
#[allow(clippy::struct_excessive_bools, reason = "facts that are independent of one another")]
pub(super) struct Scope {
    pub(super) kind: Kind,
    pub(super) link: Option<Link>,
    /// Which actor has its future. It is the one that polled it last, or one that took it since.
    pub(super) keeper: Option<ActorId>,
    /// Inside how many frames of its keeper its future is, which may be polled further in, by reference.
    pub(super) kept: usize,
    /// Its owner left its future behind, and nothing polls it.
    pub(super) left: bool,
    /// It was taken by the actor that has it, or moved there, and not polled since.
    pub(super) taken: bool,
    /// When it was last polled in another place than before.
    pub(super) moved_at: Option<Duration>,
    /// When that was over, if it ever was.
    pub(super) resumed: Duration,
    pub(super) pass: Pass,
    pub(super) deadline: Option<Duration>,
    pub(super) grace: Option<Duration>,
    pub(super) limit: Option<usize>,
    pub(super) cancel_on: Option<usize>,
    pub(super) body: ActorId,
    /// In the order in which they were spawned.
    pub(super) children: Vec<ActorId>,
    /// In the order in which they were deferred.
    pub(super) finalizers: Vec<ActorId>,
    pub(super) cut: Option<Cut>,
    /// It may have been cancelled since then, for one of these reasons, and perhaps before it was moved.
    pub(super) was_due: Option<(Vec<CancelReason>, Duration, bool)>,
    /// The grace of what was around it may have been over before it was moved: that of all, and that of finalizers.
    pub(super) was_over: [bool; 2],
    /// A finalizer failed or panicked, which would have cancelled the scope had there been a member left.
    pub(super) broke: Option<CancelReason>,
    pub(super) over: bool,
    pub(super) value: bool,
    /// What fail-fast reports, and what settled reports of its body.
    pub(super) failures: Vec<Fail>,
    /// How the children of settled failed, to be reported unless an actor awaits their tasks.
    pub(super) unclaimed: Vec<(ActorId, Fail)>,
    /// The first counts.
    pub(super) panics: Vec<Origin>,
    /// Parallel children that have ended, of which the scope may not know yet.
    pub(super) unreported: Vec<(ActorId, Fate)>,
    /// It has had parallel children, so the order of failures is not that of the trace.
    pub(super) parallel: bool,
    pub(super) last_turn: LastTurn,
}

/// Whether the body of a cancelled settled scope has had the turn that it gets after all others have been dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LastTurn {
    No,
    /// It was polled at this instant, when a deadline was due or the last child not yet known to have ended.
    Maybe(Duration),
    Yes,
}

impl Scope {
    pub(super) fn new(spec: &ScopeSpec, now: Duration) -> Self {
        Self {
            kind: spec.kind,
            link: None,
            keeper: None,
            kept: 0,
            left: false,
            taken: false,
            moved_at: None,
            resumed: Duration::ZERO,
            pass: Pass::default(),
            deadline: spec.timeout.map(|timeout| now + timeout),
            grace: spec.grace,
            limit: spec.limit,
            cancel_on: spec.cancel_on,
            body: spec.body.id,
            children: Vec::new(),
            finalizers: Vec::new(),
            cut: None,
            was_due: None,
            was_over: [false; 2],
            broke: None,
            over: false,
            value: false,
            failures: Vec::new(),
            unclaimed: Vec::new(),
            panics: Vec::new(),
            unreported: Vec::new(),
            parallel: false,
            last_turn: LastTurn::No,
        }
    }

    /// The actor that has its future, if it was not left behind.
    pub(super) fn owner(&self) -> Option<ActorId> {
        self.keeper.filter(|_| !self.left)
    }

    /// Whether nothing polls its future.
    pub(super) fn is_idle(&self) -> bool {
        self.left || self.taken || self.keeper != self.link.map(|link| link.owner)
    }

    /// All its actors, in the order in which a cancellation drops them.
    pub(super) fn doomed(&self) -> impl Iterator<Item = ActorId> {
        let newest_first = self.children.iter().rev().copied();
        std::iter::once(self.body)
            .chain(newest_first)
            .chain(self.finalizers.iter().rev().copied())
    }
}
