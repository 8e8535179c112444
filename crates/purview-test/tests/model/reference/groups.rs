//! Gathers and open scopes: not what they do step by step, which `tests/gather_model` follows, but what must hold of
//! each.
//!
//! - Every future is dropped, exactly once, before the group resolves or its drop returns.
//! - How a member ended is reported once, and as it was; an end that is reported twice, or otherwise than it was, is a defect.
//! - No failure is lost: where a member failed or panicked, the mode that has to says so.
//! - A shutdown accounts for every member that was there when it began.

use std::time::Duration;

use super::{Model, Rule, ensure, members::Member, state::Life};
use crate::{
    door::Door,
    program::{ActorId, GroupId, GroupKind, Kind, Manner, Mode},
    trace::{Fail, How, Origin, Seen, Told},
};

pub(super) struct Running {
    pub(super) owner: ActorId,
    pub(super) members: Vec<ActorId>,
    /// Spawned after the end, and never polled.
    pub(super) late: Option<ActorId>,
    pub(super) over: bool,
    pub(super) deadline: Option<Duration>,
    /// How many had ended, and been cut, when the shutdown began.
    before_shutdown: (usize, usize),
}

impl Model<'_> {
    pub(super) fn group_starts(&mut self, id: GroupId, owner: ActorId) {
        let group = self.groups[&id];
        for (at, script) in group.members.iter().enumerate() {
            let member = Member::new(id, script.end, Door::of(group.kind, at, script.id));
            self.members.insert(script.id, member);
        }
        let members: Vec<ActorId> = group.members.iter().map(|script| script.id).collect();
        let comes_late = matches!(group.kind, GroupKind::Open(_, Manner::DropDriver(_)));
        let running = Running {
            owner,
            late: members.last().copied().filter(|_| comes_late),
            members,
            over: false,
            deadline: group.timeout.map(|timeout| self.now + timeout),
            before_shutdown: (0, 0),
        };
        self.running.insert(id, running);
    }

    /// The group that this actor awaits.
    pub(super) fn group_of(&self, owner: ActorId) -> Option<GroupId> {
        let awaited = |running: &Running| running.owner == owner && !running.over;
        self.running
            .iter()
            .find(|(_, running)| awaited(running))
            .map(|(id, _)| *id)
    }

    pub(super) fn panics_in(&self, id: GroupId) -> Vec<Origin> {
        let panicked = |member: &ActorId| match self.members[member].how {
            Some(How::Panicked(origin)) => Some(origin),
            _ => None,
        };
        self.running[&id].members.iter().filter_map(panicked).collect()
    }

    pub(super) fn shuts_down(&mut self, id: GroupId) {
        let members = || self.running[&id].members.iter().map(|member| &self.members[member]);
        let ended = members().filter(|member| member.how.is_some()).count();
        let gone = members().filter(|member| member.life == Life::Dropped).count();
        if let Some(running) = self.running.get_mut(&id) {
            running.before_shutdown = (ended, gone - ended);
        }
    }

    pub(super) fn group_is_dropped(&mut self, id: GroupId) -> Rule {
        let running = &self.running[&id];
        for member in &running.members {
            let life = self.members[member].life;
            let unmade = life == Life::Unstarted && running.late == Some(*member);
            ensure!(
                life == Life::Dropped || unmade,
                "{member:?} of {id:?} has not been dropped"
            );
        }
        if let Some(running) = self.running.get_mut(&id) {
            running.over = true;
        }
        Ok(())
    }

    pub(super) fn group_rests(&self, id: GroupId) -> Rule {
        let running = &self.running[&id];
        ensure!(!running.over, "awaits {id:?}, which is over");
        running.members.iter().try_for_each(|member| self.member_rests(*member))
    }

    pub(super) fn group_ends(&mut self, id: GroupId, told: &Told) -> Rule {
        self.group_is_dropped(id)?;
        let running = &self.running[&id];
        let races = matches!(self.groups[&id].kind, GroupKind::Gather(Mode::First));
        self.tells_the_truth(&running.members, told, races)?;
        let how: Vec<_> = running.members.iter().map(|member| self.members[member].how).collect();
        let panics = self.panics_in(id);
        let failed = how.contains(&Some(How::Failed)) || !panics.is_empty();
        let (error, panicked) = (told.error.is_some(), told.panicked);
        if let Some(origin) = panicked {
            ensure!(panics.contains(&origin), "{origin:?} did not panic");
        }
        let ended: Vec<usize> = (0..how.len()).filter(|at| how[*at].is_some()).collect();
        let mut heard: Vec<usize> = told.results.iter().map(|(at, _)| *at).collect();
        let all = || (0..how.len()).eq(heard.iter().copied());
        let fits = match self.groups[&id].kind {
            GroupKind::Gather(Mode::All) => {
                (error || panicked.is_some() || all()) && (!failed || error || panicked.is_some())
            }
            GroupKind::Gather(Mode::Settled) => all(),
            GroupKind::Gather(Mode::First) => panicked.is_some() || heard.len() == usize::from(!how.is_empty()),
            GroupKind::Gather(Mode::FirstSuccess) => error || panicked.is_some() || heard.len() == 1,
            // One that holds may panic when all is decided.
            GroupKind::Gather(Mode::Quorum(k)) => error || panicked.is_some() || heard.len() == k,
            GroupKind::Gather(Mode::AsCompleted | Mode::ForEach) => {
                heard.sort_unstable();
                ended.iter().all(|at| heard.binary_search(at).is_ok())
            }
            // What the driver has not heard of when it is dropped, it passes on.
            GroupKind::Open(Kind::Settled, Manner::DropDriver(_)) if panicked.is_some() => true,
            GroupKind::Open(Kind::Settled, _) => {
                let failures = told.error.as_ref().map_or(0, Vec::len);
                let failed = |member: &&ActorId| {
                    let how = self.members[*member].how;
                    matches!(how, Some(How::Failed | How::Panicked(_)))
                };
                // What awaits a guest may have been told.
                let guests = |member: &&ActorId| self.members[*member].door.is_guest();
                let all = running.members.iter().filter(failed).count();
                let of_guests = running.members.iter().filter(failed).filter(guests).count();
                (all - of_guests..=all).contains(&failures)
            }
            GroupKind::Open(..) => !failed || error || panicked.is_some(),
        };
        ensure!(fits, "that is not all there is to tell: {how:?}");
        if let Some(report) = told.report {
            let (finished, cut) = running.before_shutdown;
            let expected = (ended.len() - finished, how.len() - ended.len() - cut);
            ensure!(report == expected, "the shutdown let {expected:?} end and be cut");
        }
        Ok(())
    }

    /// Each end is reported once, and as it was. A race that is cancelled gives the first that had not ended then,
    /// whatever it does after that.
    fn tells_the_truth(&self, members: &[ActorId], told: &Told, races: bool) -> Rule {
        for (place, (at, seen)) in told.results.iter().enumerate() {
            let again = told.results[..place].iter().any(|(earlier, _)| earlier == at);
            let Member { how, cut_before, .. } = self.members[&members[*at]];
            let fits = match seen {
                Seen::Value(id) => *id == members[*at] && how == Some(How::Returned),
                Seen::Failed(id) => *id == members[*at] && how == Some(How::Failed),
                Seen::Panicked(origin) => how == Some(How::Panicked(*origin)),
                Seen::Cancelled(_) => how.is_none() || (races && cut_before),
            };
            ensure!(fits && !again, "{at} is told of as {seen:?}, and ended as {how:?}");
        }
        let failures = told.error.iter().flatten();
        for (place, fail) in failures.clone().enumerate() {
            let fits = match fail {
                Fail::Failed(id) => self
                    .members
                    .get(id)
                    .is_some_and(|member| member.how == Some(How::Failed)),
                Fail::Panicked(Origin::Script(id)) => members.contains(id),
                Fail::Panicked(_) => false,
            };
            let again = failures.clone().take(place).any(|earlier| earlier == fail);
            ensure!(fits && !again, "{fail:?} is no failure, or told twice");
        }
        Ok(())
    }
}
