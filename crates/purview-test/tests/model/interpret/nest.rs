//! Awaits scopes.

use std::{
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::{Context, Poll},
};

use futures::{FutureExt, future::BoxFuture};
use purview_core::{FailFast, JoinAll, Settled, with_policy};

use super::{cast::actor, one_thread::OneThread};
use crate::{
    actor::{Output, origin},
    flavor::{Fault, Flavor},
    program::{ActorId, Kind, ROOT, ScopeId, ScopeSpec},
    trace::{Event, Outcome, World},
};

/// The future of a scope, which says what is done to it and goes on whatever came of it.
pub(crate) struct Scoped {
    world: World,
    id: ScopeId,
    stage: Stage,
}

enum Stage {
    New(Option<ScopeSpec>),
    Running(BoxFuture<'static, Outcome>),
    Over,
}

impl Scoped {
    pub(super) fn new(world: World, spec: ScopeSpec) -> Self {
        Self {
            world,
            id: spec.id,
            stage: Stage::New(Some(spec)),
        }
    }

    pub(crate) fn id(&self) -> ScopeId {
        self.id
    }

    pub(super) fn is_over(&self) -> bool {
        matches!(self.stage, Stage::Over)
    }

    /// From now on it is polled by an actor of this scope.
    pub(super) fn is_polled_in(&self, within: ScopeId) {
        self.world.shared.is_polled_in(self.id, within);
    }

    /// Polls it so many times at most.
    pub(super) async fn polls(&mut self, polls: u32) {
        let mut left = polls;
        let polled = poll_fn(|cx| {
            if self.poll_unpin(cx).is_ready() {
                return Poll::Ready(());
            }
            left -= 1;
            if left == 0 { Poll::Ready(()) } else { Poll::Pending }
        });
        polled.await;
    }

    /// Drops the future, and says so.
    pub(crate) fn discard(mut self) {
        if let Stage::Running(run) = std::mem::replace(&mut self.stage, Stage::Over) {
            self.world.log(Event::ScopeIsDropped(self.id));
            let panic = catch_unwind(AssertUnwindSafe(|| drop(run))).err();
            let panic = panic.map(|payload| origin(&*payload));
            self.world.log(Event::ScopeWasDropped(self.id, panic));
        }
    }
}

impl Future for Scoped {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let (world, id) = (self.world.clone(), self.id);
        if let Stage::New(spec) = &mut self.stage {
            let spec = spec.take().expect("a scope begins once");
            self.stage = Stage::Running(begin(&world, spec));
            world.log(Event::ScopeStarts(id));
        }
        let Stage::Running(run) = &mut self.stage else {
            return Poll::Ready(());
        };
        world.log(Event::Drives(id));
        let outcome = match catch_unwind(AssertUnwindSafe(|| run.as_mut().poll(cx))) {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(outcome)) => outcome,
            Err(payload) => Outcome::Panicked(origin(&*payload)),
        };
        world.log(Event::ScopeEnds(id, outcome));
        self.stage = Stage::Over;
        Poll::Ready(())
    }
}

fn begin(world: &World, spec: ScopeSpec) -> BoxFuture<'static, Outcome> {
    match spec.kind {
        Kind::Join => scope::<JoinAll>(world, spec),
        Kind::FailFast => scope::<FailFast<Fault>>(world, spec),
        Kind::Settled => scope::<Settled<Fault>>(world, spec),
    }
}

fn scope<P: Flavor>(world: &World, spec: ScopeSpec) -> BoxFuture<'static, Outcome>
where
    P::Child<ActorId>: Send + Output,
    P::Joined<ActorId>: Send,
    P::Output<ActorId>: Send,
{
    let mut builder = with_policy(P::new());
    if spec.id == ROOT {
        builder = builder.runtime(OneThread::new(world));
    }
    if let Some(timeout) = spec.timeout {
        builder = builder.timeout(timeout);
    }
    if let Some(grace) = spec.grace {
        builder = builder.grace(grace);
    }
    if let Some(limit) = spec.limit {
        builder = builder.limit(limit);
    }
    if let Some(token) = spec.cancel_on {
        builder = builder.cancel_on(world.tokens[token].clone());
    }
    let id = spec.id;
    let run = builder.run(|scope| {
        world.shared.add_token(id, scope.token());
        actor::<P>(world, spec.body, id, scope)
    });
    run.map(P::outcome).boxed()
}
