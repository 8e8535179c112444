//! The futures of groups: each is dropped exactly once, is never polled after that, and only when it was woken.

use super::{Dropped, Model, Rule, ensure, state::Life};
use crate::{
    program::{ActorId, End, GroupId},
    trace::{Event, How, Origin, Wait},
};

#[derive(Debug)]
pub(super) struct Member {
    pub(super) group: GroupId,
    /// It may be on the executor.
    parallel: bool,
    end: End,
    pub(super) life: Life,
    /// How it ended, if it did.
    pub(super) how: Option<How>,
    woken: bool,
    wait: Option<Wait>,
}

impl Member {
    pub(super) fn new(group: GroupId, end: End, parallel: bool) -> Self {
        Self {
            group,
            parallel,
            end,
            life: Life::Unstarted,
            how: None,
            woken: true,
            wait: None,
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
        if let Event::Polled(_) = event {
            self.member_may_be_polled(id)?;
        }
        let now = self.now;
        let (polling, dropping) = (&mut self.polling, &mut self.dropping);
        let Some(member) = self.members.get_mut(&id) else {
            return Ok(());
        };
        match event {
            Event::Polled(_) => {
                (member.life, member.woken) = (Life::Live, false);
                polling.push(id);
            }
            Event::Pends(_) => ensure!(polling.pop() == Some(id), "somebody else was being polled"),
            Event::Ended(_, how) => {
                ensure!(polling.pop() == Some(id), "somebody else was being polled");
                let by_script = match member.end {
                    End::Return => How::Returned,
                    End::Fail => How::Failed,
                    End::Panic => How::Panicked(Origin::Script(id)),
                };
                ensure!(*how == by_script, "its script ends otherwise");
                (member.life, member.how) = (Life::Ended(*how), Some(*how));
            }
            Event::Woken(_) => member.woken = true,
            Event::WokenLate(_) => member.woken |= !member.parallel,
            Event::IsDropped(_) => {
                ensure!(member.life != Life::Gone, "it has been dropped already");
                dropping.push(Dropped::Actor(id));
            }
            Event::WasDropped(_, panic) => {
                ensure!(
                    dropping.pop() == Some(Dropped::Actor(id)),
                    "something else was being dropped"
                );
                ensure!(panic.is_none(), "its destructor does not panic");
                member.life = Life::Gone;
            }
            Event::Waits(_, wait) => member.wait = Some(*wait),
            _ => {
                let wait = member.wait.take();
                let goes_on = match wait {
                    Some(Wait::Until(at)) => now >= at,
                    wait => wait == Some(Wait::Yield),
                };
                ensure!(goes_on, "what it waited for has not come: {wait:?}");
            }
        }
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
        ensure!(member.woken || member.parallel, "nobody woke it");
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

    /// Everybody waits: so does this one.
    pub(super) fn member_rests(&self, id: ActorId) -> Rule {
        let member = &self.members[&id];
        match member.life {
            Life::Gone => Ok(()),
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
                let waits = match member.wait {
                    Some(Wait::Until(at)) => at > self.now,
                    wait => wait == Some(Wait::Forever),
                };
                ensure!(waits && !member.woken, "{id:?} was not polled again");
                Ok(())
            }
        }
    }
}
