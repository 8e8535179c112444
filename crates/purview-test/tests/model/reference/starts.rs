//! Children that first have to get ready.

use purview_core::CancelReason;

use super::{Model, Rule, cancel::Due, ensure, state::Fate};
use crate::{
    program::ActorId,
    trace::{Begun, Wait},
};

impl Model<'_> {
    /// Whether there is something to say to the actor that waits until `child` is ready.
    pub(super) fn has_begun(&self, starter: ActorId, child: ActorId) -> bool {
        if let Some(child) = self.actors.get(&child) {
            return !child.unready || child.fate.is_some();
        }
        // The scope has not even made it.
        let scope = self.actor(starter).scope;
        let cut = self.scope(scope).cut.is_some() || !self.due(scope, Due::Possibly).is_empty();
        cut || self.scope(scope).over
    }

    pub(super) fn started(&self, starter: ActorId, begun: &Begun) -> Rule {
        let Some(Wait::Ready(child)) = self.actor(starter).last_wait else {
            return Err("it started no child".into());
        };
        let Some(known) = self.actors.get(&child) else {
            ensure!(matches!(begun, Begun::Cancelled(_)), "{child:?} was never made");
            return Ok(());
        };
        let fits = match (begun, known.fate) {
            (Begun::Ready, _) => !known.unready,
            (_, _) if !known.unready => false,
            (Begun::NeverReady, Some(Fate::Returned)) => true,
            (Begun::Failed(failed), Some(Fate::Failed)) => *failed == child,
            (Begun::Panicked(seen), Some(Fate::Panicked(origin))) => *seen == origin,
            (Begun::Cancelled(reason), Some(Fate::Cancelled)) => known.late || self.may_hear(child).contains(reason),
            _ => false,
        };
        ensure!(
            fits,
            "the fate of {child:?} was {:?}, ready: {}",
            known.fate,
            !known.unready
        );
        Ok(())
    }

    /// The actor that waited is dropped: the child is cancelled alone.
    pub(super) fn gives_up_start(&mut self, starter: ActorId) {
        let Some(Wait::Ready(child)) = self.actor(starter).wait else {
            return;
        };
        let waits = |child: &super::Actor| child.unready && child.is_alive() && child.alone.is_none();
        if self.actors.get(&child).is_some_and(waits) {
            let step = self.step;
            let (now, why) = (self.now, "its `start` was dropped before it was ready");
            let actor = self.actor_mut(child);
            actor.alone = Some((vec![CancelReason::Requested(Some(why.into()))], now));
            actor.nudge(step);
            self.cut_inside(child, 0);
        }
    }
}
