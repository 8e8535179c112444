//! An actor polls a scope in one place after another, or goes through a part of its script inside a `timeout`.

use std::time::Duration;

use futures::FutureExt;
use purview_core::{Timer, deadline, shield, timeout};

use super::{
    closure,
    inside::Inside,
    nest::Scoped,
    performer::{Performer, turn, waiting},
};
use crate::{
    actor::Output,
    flavor::Flavor,
    program::{ActorId, Last, Moves, Op, Polls, Source},
    trace::{Event, Wait},
};

/// How often a `timeout` over a reference is tried again before the future is awaited without one.
const ROUNDS: u32 = 20;

/// How long an actor waits for a future that another leaves behind.
const TURNS: u32 = 6;

/// Later than anything here.
const LONG: Duration = Duration::from_secs(1_000_000);

impl<P: Flavor> Performer<P>
where
    P::Child<ActorId>: Send + Output,
    P::Joined<ActorId>: Send,
    P::Output<ActorId>: Send,
{
    /// Enters a `timeout`: how many are around it.
    fn enters_timeout(&mut self, duration: Duration, owned: bool) -> usize {
        let until = self.world.runtime.elapsed() + duration;
        self.world.log(Event::EntersTimeout {
            actor: self.me,
            until,
            owned,
        });
        self.timeouts += 1;
        self.timeouts - 1
    }

    fn leaves_timeout(&mut self, around: usize, expired: bool) {
        self.timeouts = around;
        self.world.log(Event::LeavesTimeout(self.me, expired));
    }

    pub(super) async fn within_timeout(&mut self, duration: Duration, ops: Vec<Op>) {
        let around = self.enters_timeout(duration, true);
        let (world, me) = (self.world.clone(), self.me);
        let inside = Inside::new(&world, me, around, self.perform(ops));
        let expired = timeout(duration, inside).await.is_err();
        self.leaves_timeout(around, expired);
    }

    pub(super) async fn moves(&mut self, moves: Moves) {
        let taken = match moves.from {
            Source::Begins(spec) => Some(Scoped::new(self.world.clone(), spec)),
            Source::Left => self.take_what_is_left().await,
        };
        let Some(mut scope) = taken else { return };
        scope.is_polled_in(self.within);
        for place in moves.polls {
            if !scope.is_over() {
                self.poll_in(&mut scope, place).await;
            }
        }
        if scope.is_over() {
            return;
        }
        let id = scope.id();
        match moves.last {
            Last::Await => self.wait(Wait::Scope(id), scope).await,
            Last::Loop(duration) => {
                for _ in 0..ROUNDS {
                    self.poll_in(&mut scope, Polls::ByReference(duration)).await;
                    if scope.is_over() {
                        return;
                    }
                }
                self.wait(Wait::Scope(id), scope).await;
            }
            Last::Owned(duration) => {
                let around = self.enters_timeout(duration, true);
                let (world, me) = (self.world.clone(), self.me);
                world.log(Event::IsOwned(id));
                let awaits = async { waiting(&world, me, Wait::Scope(id), scope).await };
                let inside = Inside::new(&world, me, around, awaits.boxed());
                let expired = timeout(duration, inside).await.is_err();
                self.leaves_timeout(around, expired);
            }
            Last::Leave => {
                self.world.log(Event::IsLeft(id));
                self.world.shared.leave(scope);
            }
            Last::Drop => scope.discard(),
        }
    }

    /// Gives the others a few turns to leave something.
    async fn take_what_is_left(&self) -> Option<Scoped> {
        for _ in 0..TURNS {
            let taken = self.take_first();
            if taken.is_some() {
                return taken;
            }
            self.wait(Wait::Yield, turn()).await;
        }
        self.take_first()
    }

    fn take_first(&self) -> Option<Scoped> {
        let taken = self.world.shared.take(self.within)?;
        self.world.log(Event::IsOwned(taken.id()));
        Some(taken)
    }

    async fn poll_in(&mut self, scope: &mut Scoped, place: Polls) {
        let (id, world, me) = (scope.id(), self.world.clone(), self.me);
        match place {
            Polls::Bare(polls) => self.wait(Wait::Polls(id), scope.polls(polls)).await,
            Polls::InShield(polls) => {
                world.log(Event::EntersShield(me));
                shield(self.wait(Wait::PollsLent(id), scope.polls(polls))).await;
                world.log(Event::LeavesShield(me));
            }
            Polls::InTimeout(polls) => {
                let around = self.enters_timeout(LONG, true);
                let polls = waiting(&world, me, Wait::PollsLent(id), scope.polls(polls)).boxed();
                let ended = timeout(LONG, Inside::new(&world, me, around, polls)).await;
                self.leaves_timeout(around, ended.is_err());
            }
            Polls::ByReference(duration) => {
                let around = self.enters_timeout(duration, false);
                let expired = self.wait(Wait::Expiry(id), timeout(duration, scope)).await.is_err();
                self.leaves_timeout(around, expired);
            }
        }
    }

    pub(super) fn ask_deadline(&self) {
        let runtime = &self.world.runtime;
        let (now, elapsed) = (runtime.now(), runtime.elapsed());
        let at = deadline()
            .map(|at| (elapsed + at.saturating_duration_since(now)).saturating_sub(now.saturating_duration_since(at)));
        self.world.log(Event::SeesDeadline(self.me, at));
    }

    pub(super) async fn until_token(&mut self, outwards: usize, child: bool) {
        let (scope, token) = self.world.shared.outwards(self.within, outwards);
        let token = if child { token.child() } else { token };
        let reason = self.wait(Wait::Token(scope), token.cancelled()).await;
        self.world.log(Event::Hears(self.me, reason));
    }

    /// In a closure.
    pub(super) fn block(&self, duration: Duration) {
        let until = self.world.runtime.elapsed() + duration;
        self.world.log(Event::Blocks(self.me, until));
        closure::block(duration);
        self.world.log(Event::GoesOnRunning(self.me));
    }
}
