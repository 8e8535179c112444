//! Timeouts: when they fire, what they drop, and how they end.

use std::time::Duration;

use super::{
    Dropped, Model, Rule,
    cancel::Due,
    ensure,
    holds::Against,
    state::{Frame, Life, Role, Timeout},
};
use crate::{program::ActorId, trace::Origin};

impl Model<'_> {
    pub(super) fn enters_timeout(&mut self, id: ActorId, until: Duration, owned: bool) {
        self.actor_mut(id).frames.push(Frame::Timeout(Timeout {
            until,
            owned,
            fired: None,
            was_due: false,
            ended: false,
            dropped: false,
        }));
    }

    /// The innermost of so many frames that is a timeout which cancels what is inside it now, up to a shield.
    pub(super) fn next_due(&self, id: ActorId, depth: usize, when: Due) -> Option<usize> {
        let actor = self.actor(id);
        let unshielded = |frame: &&(usize, &Frame)| !matches!(frame.1, Frame::Shield);
        let frames: Vec<(usize, &Frame)> = actor.frames[..depth].iter().enumerate().rev().collect();
        let is_due = |(index, frame): &(usize, &Frame)| match frame {
            Frame::Timeout(timeout) if timeout.owned && timeout.fired.is_none() => {
                let late = timeout.until <= self.now && !timeout.ended && !timeout.dropped;
                let fires = || !self.stays_pending(id, *index, timeout.until, when.other());
                late && (fires() || (timeout.was_due && when == Due::Possibly))
            }
            _ => false,
        };
        frames
            .iter()
            .take_while(unshielded)
            .find(|frame| is_due(frame))
            .map(|(index, _)| *index)
    }

    /// A timeout has expired: it cancels what is inside.
    pub(super) fn fire(&mut self, id: ActorId, index: usize) {
        let now = self.now;
        if let Some(Frame::Timeout(timeout)) = self.actor_mut(id).frames.get_mut(index) {
            timeout.fired = Some(now);
        }
        self.cut_inside(id, index + 1);
    }

    pub(super) fn fire_what_is_due(&mut self, id: ActorId) {
        let actor = self.actor(id);
        if actor.life != Life::Live || actor.frames.is_empty() {
            return;
        }
        // Whatever is a shield away fires too.
        for depth in (1..=actor.frames.len()).rev() {
            if self.next_due(id, depth, Due::Certainly) == Some(depth - 1) {
                self.fire(id, depth - 1);
            }
        }
    }

    /// Whether a timeout that ends then leaves it to what is around it: a deadline there is not later, and has passed too.
    fn stays_pending(&self, id: ActorId, index: usize, until: Duration, how_sure: Due) -> bool {
        // What is cancelled already, for whatever reason, may keep it too.
        if how_sure == Due::Possibly && self.is_told_around(id, index) {
            return true;
        }
        let around = self.deadline_inside(id, index);
        match around {
            Ok(at) => at.is_some_and(|at| at <= until && at <= self.now),
            Err(Unknown) => how_sure == Due::Possibly,
        }
    }

    fn is_told_around(&self, id: ActorId, index: usize) -> bool {
        let actor = self.actor(id);
        let fired = |frame: &Frame| matches!(frame, Frame::Timeout(timeout) if timeout.fired.is_some());
        let cut = self.scope(actor.scope).cut.is_some() || !self.due(actor.scope, Due::Possibly).is_empty();
        actor.frames[..index].iter().any(fired) || actor.alone.is_some() || actor.was_last.is_some() || cut
    }

    /// Whether a deadline inside so many frames of this actor is left to one around that is not later, or may be.
    pub(super) fn may_be_left(&self, id: ActorId, depth: usize, deadline: Duration) -> bool {
        let around = self.deadline_inside(id, depth);
        around.map_or(true, |at| at.is_some_and(|at| at <= deadline))
    }

    /// The earliest deadline around so many frames of this actor, up to a shield.
    pub(super) fn deadline_inside(&self, id: ActorId, depth: usize) -> Result<Option<Duration>, Unknown> {
        let actor = self.actor(id);
        let mut earliest: Option<Duration> = None;
        let mut at = |deadline: Duration| earliest = Some(earliest.map_or(deadline, |other| other.min(deadline)));
        for frame in actor.frames[..depth].iter().rev() {
            match frame {
                Frame::Shield => return Ok(earliest),
                Frame::Timeout(timeout) => at(timeout.until),
            }
        }
        // What a finalizer sees the contract does not say.
        if actor.role == Role::Finalizer {
            return Err(Unknown);
        }
        let scope = self.scope(actor.scope);
        if let Some(deadline) = scope.deadline {
            at(deadline);
        }
        let Some(link) = scope.link else { return Ok(earliest) };
        if scope.left || link.ended {
            return Err(Unknown);
        }
        if link.shielded {
            return Ok(earliest);
        }
        let around = self.deadline_inside(link.owner, link.depth)?;
        Ok(earliest.into_iter().chain(around).min())
    }

    pub(super) fn sees_deadline(&self, id: ActorId, seen: Option<Duration>) -> Rule {
        if let Ok(deadline) = self.deadline_inside(id, self.actor(id).frames.len()) {
            ensure!(seen == deadline, "it is {deadline:?}");
        }
        Ok(())
    }

    /// Whether what is inside a timeout that has fired may, or must, be dropped.
    fn inside_is_condemned(&self, id: ActorId, index: usize, how_sure: Due) -> bool {
        let holds = self.holds_against(id, Against::Timeout(id, index), how_sure.other());
        let finalizes = self.has_finalizers(id, index + 1, how_sure.other());
        !holds || self.timeout_is_over(id, index, finalizes, how_sure) || self.grace_is_over(id, finalizes, how_sure)
    }

    pub(super) fn inside_is_dropped(&mut self, id: ActorId, around: usize) -> Rule {
        let index = self.actor(id).timeout(around);
        let Some(index) = index else {
            return Err("it is inside no such timeout".into());
        };
        let with_the_rest = match self.dropping.last() {
            Some(Dropped::Actor(actor)) => *actor == id,
            Some(Dropped::Inside(actor, outer)) => *actor == id && *outer < index,
            Some(_) => return Err("something else is being dropped".into()),
            None => false,
        };
        if !with_the_rest {
            ensure!(self.polling.last() == Some(&id), "it is not being polled");
            let fired = |model: &Self| match &model.actor(id).frames[index] {
                Frame::Timeout(timeout) => timeout.fired.is_some(),
                Frame::Shield => false,
            };
            // When the grace of what is around is over, all is dropped.
            let expired = |outer: usize| match &self.actor(id).frames[outer] {
                Frame::Timeout(timeout) => timeout.fired.is_some(),
                Frame::Shield => false,
            };
            let with_outer =
                (0..index).any(|outer| expired(outer) && self.inside_is_condemned(id, outer, Due::Possibly));
            let over = || self.grace_is_over(id, self.has_finalizers(id, index + 1, Due::Certainly), Due::Possibly);
            let with_the_rest = with_outer || over() || self.is_condemned(id, Due::Possibly);
            if !fired(self) && !with_the_rest {
                let due = self.next_due(id, index + 1, Due::Possibly);
                ensure!(
                    due == Some(index),
                    "it has not expired, or what is around it expires first"
                );
                self.fire(id, index);
            }
            ensure!(
                with_the_rest || self.inside_is_condemned(id, index, Due::Possibly),
                "it holds"
            );
        }
        self.gives_up_start(id);
        self.future_is_dropped(self.nested(id).filter(|nested| self.scope(*nested).kept > index));
        self.dropping.push(Dropped::Inside(id, index));
        Ok(())
    }

    pub(super) fn inside_was_dropped(&mut self, id: ActorId, around: usize, panic: Option<Origin>) -> Rule {
        let dropping = self.dropping.pop();
        let Some(Dropped::Inside(actor, index)) = dropping else {
            return Err(format!("what was being dropped is {dropping:?}"));
        };
        ensure!(
            actor == id && self.actor(id).timeout(around) == Some(index),
            "what was being dropped is {dropping:?}"
        );
        let awaited = self.nested(id).filter(|nested| self.scope(*nested).kept > index);
        self.panics_with(Dropped::Inside(id, index), awaited, None, panic)?;
        if let Some(nested) = awaited {
            self.dropping.push(Dropped::Inside(id, index));
            let dropped = self.future_was_dropped(nested);
            self.dropping.pop();
            dropped?;
        }
        if let Some(group) = self.group_of(id) {
            self.group_is_dropped(group)?;
        }
        while self.actor(id).frames.len() > index + 1 {
            self.leaves_frame(id);
        }
        let alone = self.dropping.is_empty();
        let actor = self.actor_mut(id);
        actor.wait = None;
        if let Some(Frame::Timeout(timeout)) = actor.frames.get_mut(index) {
            timeout.dropped = true;
        }
        match (panic, self.dropping.last().copied()) {
            (Some(panic), Some(dropped)) => self.panics_inside.entry(dropped).or_default().push(panic),
            (panic, _) => self.actor_mut(id).panics_with = panic.filter(|_| alone),
        }
        Ok(())
    }

    pub(super) fn inside_ends(&mut self, id: ActorId) -> Rule {
        // Until now the timeout may have told what was polled in it and was left.
        self.note_what_is_due_in(id);
        match self
            .actor_mut(id)
            .frames
            .iter_mut()
            .rev()
            .find_map(|frame| match frame {
                Frame::Timeout(timeout) => Some(timeout),
                Frame::Shield => None,
            }) {
            Some(timeout) if timeout.owned => timeout.ended = true,
            _ => return Err("it is inside no timeout".into()),
        }
        Ok(())
    }

    pub(super) fn leaves_timeout(&mut self, id: ActorId, expired: bool) -> Rule {
        let index = self.actor(id).frames.len().wrapping_sub(1);
        let Some(Frame::Timeout(timeout)) = self.actor(id).frames.last().cloned() else {
            return Err("it is inside no timeout".into());
        };
        if timeout.owned {
            ensure!(
                timeout.dropped == expired,
                "what was inside was dropped: {}",
                timeout.dropped
            );
            ensure!(timeout.ended != expired, "what was inside has ended: {}", timeout.ended);
        } else if expired {
            ensure!(timeout.until <= self.now, "it ends at {:?}", timeout.until);
            ensure!(
                !self.stays_pending(id, index, timeout.until, Due::Certainly),
                "what is around it expires first"
            );
        }
        self.leaves_frame(id);
        Ok(())
    }

    /// Everything waits: no timeout of this actor has anything left to do.
    pub(super) fn timeouts_rest(&self, id: ActorId) -> Rule {
        let actor = self.actor(id);
        for (index, frame) in actor.frames.iter().enumerate() {
            let Frame::Timeout(timeout) = frame else { continue };
            if timeout.dropped {
                ensure!(
                    self.has_closures(id) || self.grace_is_over(id, false, Due::Possibly),
                    "is inside a timeout that has dropped what is inside"
                );
            } else if timeout.fired.is_some() {
                let condemned = self.inside_is_condemned(id, index, Due::Certainly);
                ensure!(!condemned, "is inside a timeout that has expired, and was not dropped");
            } else if timeout.until <= self.now {
                let pending = self.stays_pending(id, index, timeout.until, Due::Possibly);
                ensure!(pending, "is inside a timeout that has expired, and was not polled");
            }
        }
        Ok(())
    }
}

/// The contract does not say.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unknown;
