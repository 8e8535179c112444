//! The futures of groups: each is dropped exactly once, is never polled after that, and only when it was woken.

use super::{Dropped, Model, Rule, cancel::Due, ensure, state::Life};
use crate::{
    door::Door,
    features::{Feature, on},
    program::{ActorId, End, GroupId, GroupKind, Manner},
    trace::{Event, How, Origin, Wait},
};

#[derive(Debug)]
pub(super) struct Member {
    pub(super) group: GroupId,
    pub(super) door: Door,
    /// It may be on the executor.
    parallel: bool,
    polls: u32,
    end: End,
    pub(super) life: Life,
    /// How it ended, if it did.
    pub(super) how: Option<How>,
    /// Its group may have been cancelled from outside before it ended.
    pub(super) cut_before: bool,
    woken: bool,
    pub(super) wait: Option<Wait>,
    woken_at: Option<u64>,
}

impl Member {
    pub(super) fn new(group: GroupId, end: End, door: Door) -> Self {
        Self {
            group,
            door,
            parallel: door.is_elsewhere(),
            polls: 0,
            end,
            life: Life::Unstarted,
            how: None,
            cut_before: false,
            woken: true,
            wait: None,
            woken_at: None,
        }
    }
}

impl Model<'_> {
    /// What is wrong with an event, if it is about a member of a group.
    pub(super) fn follow_member(&mut self, event: &Event) -> Option<Rule> {
        let id = match event {
            Event::Polled(id)
            | Event::Pends(id)
            | Event::Ended(id, _)
            | Event::Woken(id)
            | Event::WokenLate(id)
            | Event::IsDropped(id)
            | Event::WasDropped(id, _)
            | Event::Waits(id, _)
            | Event::GoesOn(id) => *id,
            _ => return None,
        };
        self.members.contains_key(&id).then(|| self.member_event(id, event))
    }

    fn member_event(&mut self, id: ActorId, event: &Event) -> Rule {
        match event {
            Event::Polled(_) => {
                self.member_may_be_polled(id)?;
                self.member_is_in_turn(id)?;
            }
            Event::IsDropped(_) => ensure!(!self.member_is_kept(id), "it holds, and was not told"),
            Event::GoesOn(_) => {
                let told = self.member_may_be_told(id);
                ensure!(told, "what it waited for has not come: {:?}", self.members[&id].wait);
            }
            _ => {}
        }
        let step = self.step;
        let cut_before = self.may_be_cut_from_outside(self.members[&id].group);
        let (polling, dropping) = (&mut self.polling, &mut self.dropping);
        let Some(member) = self.members.get_mut(&id) else {
            return Ok(());
        };
        match event {
            Event::Polled(_) => {
                (member.life, member.woken, member.woken_at) = (Life::Live, false, None);
                member.polls += 1;
                polling.push(id);
            }
            Event::Pends(_) => ensure!(polling.pop() == Some(id), "another actor was being polled"),
            Event::Ended(_, how) => {
                ensure!(polling.pop() == Some(id), "another actor was being polled");
                let by_script = match member.end {
                    End::Return => How::Returned,
                    End::Fail => How::Failed,
                    End::Panic => How::Panicked(Origin::Script(id)),
                };
                ensure!(*how == by_script, "its script ends otherwise");
                (member.life, member.how, member.cut_before) = (Life::Ended(*how), Some(*how), cut_before);
            }
            Event::WokenLate(_) if member.parallel => {}
            Event::Woken(_) | Event::WokenLate(_) => {
                member.woken = true;
                member.woken_at.get_or_insert(step);
            }
            Event::IsDropped(_) => {
                ensure!(member.life != Life::Dropped, "it has been dropped already");
                dropping.push(Dropped::Actor(id));
            }
            Event::WasDropped(_, panic) => {
                ensure!(
                    dropping.pop() == Some(Dropped::Actor(id)),
                    "something else was being dropped"
                );
                ensure!(panic.is_none(), "its destructor does not panic");
                member.life = Life::Dropped;
            }
            Event::Waits(_, wait) => member.wait = Some(*wait),
            _ => member.wait = None,
        }
        Ok(())
    }

    /// Whether what it waits for may have come.
    fn member_may_be_told(&mut self, id: ActorId) -> bool {
        match self.members[&id].wait {
            Some(Wait::Until(at)) => self.now >= at,
            Some(Wait::Token(token)) => {
                self.explain_scope(token);
                self.hears_token(token).is_some()
            }
            Some(Wait::Cancelled) => {
                let member = &self.members[&id];
                matches!(member.door, Door::LeavingGuest(_)) || self.may_be_cut(member.group)
            }
            wait => wait == Some(Wait::Yield),
        }
    }

    /// Whether a group may be cancelled: from outside, or because of what has happened in it.
    fn may_be_cut(&self, id: GroupId) -> bool {
        let (group, running) = (self.groups[&id], &self.running[&id]);
        let ended = running.members.iter().any(|member| self.members[member].how.is_some());
        let shut_down = matches!(group.kind, GroupKind::Open(_, Manner::Shutdown(_)));
        self.may_be_cut_from_outside(id) || ended || shut_down
    }

    fn may_be_cut_from_outside(&self, id: GroupId) -> bool {
        let running = &self.running[&id];
        let expired = running.deadline.is_some_and(|deadline| deadline <= self.now);
        expired || !self.may_hear(running.owner).is_empty()
    }

    /// A member that waits to be told is not dropped before, unless all of its group is.
    fn member_is_kept(&self, id: ActorId) -> bool {
        let member = &self.members[&id];
        let owner = self.running[&member.group].owner;
        let with_the_rest = !self.dropping.is_empty() || self.grace_is_over(owner, false, Due::Possibly);
        let shut_down = matches!(self.groups[&member.group].kind, GroupKind::Open(_, Manner::Shutdown(_)));
        let waits = member.life == Life::Live && member.wait == Some(Wait::Cancelled);
        waits && !with_the_rest && !shut_down && !member.parallel
    }

    /// Of those that were woken earlier, none waits.
    fn member_is_in_turn(&self, id: ActorId) -> Rule {
        let member = &self.members[&id];
        let Some(woken_at) = member.woken_at.filter(|_| !member.parallel && !self.yields_early) else {
            return Ok(());
        };
        let waits = |other: &&ActorId| {
            let other = &self.members[*other];
            !other.parallel && other.life == Life::Live && other.woken_at.is_some_and(|at| at < woken_at)
        };
        let earlier = self.running[&member.group].members.iter().find(waits);
        ensure!(
            earlier.is_none() || !on(Feature::Order),
            "{earlier:?} was woken earlier"
        );
        Ok(())
    }

    fn member_may_be_polled(&self, id: ActorId) -> Rule {
        let member = &self.members[&id];
        let running = &self.running[&member.group];
        let alive = matches!(member.life, Life::Unstarted | Life::Live);
        ensure!(
            alive && !running.over && running.late != Some(id),
            "it is {:?}",
            member.life
        );
        ensure!(member.woken || member.parallel, "nothing woke it");
        let by = self.polling.last().copied();
        let by_owner = by == Some(running.owner);
        ensure!(by_owner || (member.parallel && by.is_none()), "{by:?} polls it");
        if member.life == Life::Unstarted {
            let live = |other: &&ActorId| self.members[other].life == Life::Live;
            let started = running.members.iter().filter(live).count();
            let limit = self.groups[&member.group].limit;
            ensure!(
                limit.is_none_or(|limit| started < limit),
                "{started} have started already"
            );
        }
        Ok(())
    }

    /// All actors wait: so does this one.
    pub(super) fn member_rests(&self, id: ActorId) -> Rule {
        let member = &self.members[&id];
        match member.life {
            Life::Dropped => Ok(()),
            Life::Ended(_) => Err(format!("{id:?} has ended and was not dropped")),
            Life::Unstarted => {
                let late = self.running[&member.group].late == Some(id);
                ensure!(
                    late || self.groups[&member.group].limit.is_some(),
                    "{id:?} has never been polled"
                );
                Ok(())
            }
            Life::Live => {
                let is_left = matches!(member.door, Door::LeavingGuest(polls) if member.polls > polls);
                ensure!(!is_left, "{id:?} was left, and is still there");
                let waits = match member.wait {
                    Some(Wait::Until(at)) => at > self.now,
                    Some(Wait::Token(token)) => self.hears_token(token).is_none(),
                    Some(Wait::Cancelled) => self.hears(self.running[&member.group].owner).is_none(),
                    wait => wait == Some(Wait::Forever),
                };
                ensure!(waits && !member.woken, "{id:?} was not polled again");
                Ok(())
            }
        }
    }
}
