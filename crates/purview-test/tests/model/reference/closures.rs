//! Closures that keep their thread while time passes: what started them waits for them.

use std::time::Duration;

use super::{Dropped, Model, Rule, ensure};
use crate::program::{ActorId, ScopeId};

/// A closure that ran when its scope was dropped.
pub(super) struct Outliving {
    pub(super) closure: ActorId,
    /// The innermost scope that was not dropped with it.
    pub(super) within: ScopeId,
    /// Its scope was dropped because a grace ended, so that those around wait for it. Where something else dropped the
    /// scope's future they need not.
    pub(super) certain: bool,
}

impl Model<'_> {
    pub(super) fn blocks(&mut self, id: ActorId, until: Duration) -> Rule {
        ensure!(self.polling.pop() == Some(id), "something else was running");
        self.actor_mut(id).blocks = Some(until);
        Ok(())
    }

    pub(super) fn goes_on_running(&mut self, id: ActorId) -> Rule {
        let blocks = self.actor_mut(id).blocks.take();
        ensure!(
            blocks.is_some_and(|until| self.now >= until),
            "it blocks until {blocks:?}"
        );
        ensure!(self.polling.is_empty(), "something else is being polled");
        self.polling.push(id);
        Ok(())
    }

    /// The future of this scope is no more: nor is anything in it, but for closures that run.
    pub(super) fn future_was_dropped(&mut self, id: ScopeId) -> Rule {
        let actors: Vec<ActorId> = self.scope(id).doomed().collect();
        // A timeout waits for what it has polled.
        let link = self.scope(id).link;
        let is_mere_drop = |what: &Dropped| match what {
            Dropped::Scope(_) | Dropped::Group(_) => true,
            Dropped::Inside(owner, index) => !link.is_some_and(|link| link.owner == *owner && link.depth > *index),
            Dropped::Actor(_) => false,
        };
        let certain = !self.dropping.iter().any(is_mere_drop);
        let within = self.scope(id).link.map_or(id, |link| self.actor(link.owner).scope);
        for outliving in &mut self.outliving {
            if outliving.within == id {
                outliving.within = within;
                outliving.certain &= certain;
            }
        }
        for actor in actors {
            if self.actor(actor).blocks.is_some() {
                self.outliving.push(Outliving {
                    closure: actor,
                    within,
                    certain,
                });
            } else {
                ensure!(!self.actor(actor).exists(), "{actor:?} has not been dropped");
            }
        }
        self.scope_mut(id).over = true;
        Ok(())
    }

    /// Whether a scope is this one, or in it.
    pub(super) fn is_around(&self, id: ScopeId, inside: ScopeId) -> bool {
        id == inside || self.around(inside).contains(&id)
    }

    fn around(&self, id: ScopeId) -> Vec<ScopeId> {
        let mut around = Vec::new();
        let mut link = self.scope(id).link;
        while let Some(inside) = link.filter(|link| !link.ended) {
            let scope = self.actor(inside.owner).scope;
            around.push(scope);
            link = self.scope(scope).link;
        }
        around
    }
}
