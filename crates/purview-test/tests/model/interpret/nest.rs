//! Awaits scopes.

use std::{
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind},
    task::Poll,
};

use futures::{FutureExt, future::BoxFuture};
use purview_core::{FailFast, JoinAll, Settled, with_policy};

use super::{cast::actor, one_thread::OneThread};
use crate::{
    actor::{Output, origin},
    flavor::{Fault, Flavor},
    program::{ActorId, Kind, ScopeSpec},
    trace::{Event, Outcome, World},
};

/// Awaits a scope, or drops it after so many polls; says what came of it, and goes on whatever that was.
pub(super) fn nest(
    world: World,
    spec: ScopeSpec,
    owner: Option<ActorId>,
    polls: Option<u32>,
) -> BoxFuture<'static, ()> {
    match spec.kind {
        Kind::Join => scope::<JoinAll>(world, spec, owner, polls).boxed(),
        Kind::FailFast => scope::<FailFast<Fault>>(world, spec, owner, polls).boxed(),
        Kind::Settled => scope::<Settled<Fault>>(world, spec, owner, polls).boxed(),
    }
}

async fn scope<P: Flavor>(world: World, spec: ScopeSpec, owner: Option<ActorId>, polls: Option<u32>)
where
    P::Child<ActorId>: Send + Output,
    P::Joined<ActorId>: Send,
{
    let mut builder = with_policy(P::new());
    if owner.is_none() {
        builder = builder.runtime(OneThread(world.runtime.clone()));
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
    let (id, inside) = (spec.id, world.clone());
    let run = builder.run(|scope| actor::<P>(&inside, spec.body, id, scope));
    world.log(Event::ScopeStarts { scope: id, owner });
    let mut run = Some(Box::pin(run));
    let mut left = polls;
    let output = poll_fn(|cx| {
        let Some(running) = &mut run else {
            return Poll::Ready(None);
        };
        let poll = catch_unwind(AssertUnwindSafe(|| running.as_mut().poll(cx)));
        let output = match poll {
            Ok(Poll::Ready(output)) => P::outcome(output),
            Err(payload) => Outcome::Panicked(origin(&*payload)),
            Ok(Poll::Pending) => {
                left = left.map(|left| left - 1);
                return if left == Some(0) {
                    Poll::Ready(None)
                } else {
                    Poll::Pending
                };
            }
        };
        Poll::Ready(Some(output))
    });
    if let Some(output) = output.await {
        world.log(Event::ScopeEnds(id, output));
        drop(run);
        return;
    }
    world.log(Event::ScopeIsDropped(id));
    let panic = catch_unwind(AssertUnwindSafe(|| drop(run))).err();
    world.log(Event::ScopeWasDropped(id, panic.map(|payload| origin(&*payload))));
}
