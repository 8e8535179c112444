//! Makes actors out of scripts.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use futures::FutureExt;
use purview_core::{Ready, Scope};

use super::{last_will::spawning, performer::performing};
use crate::{
    actor::{Actor, Bang, Output},
    flavor::{Fault, Flavor},
    program::{ActorId, End, ScopeId, Script},
    trace::{Origin, World},
};

pub(super) fn actor<P: Flavor>(
    world: &World,
    script: Script,
    within: ScopeId,
    scope: Scope<'static, P>,
) -> Actor<P::Child<ActorId>>
where
    P::Child<ActorId>: Send + Output,
    P::Joined<ActorId>: Send,
    P::Output<ActorId>: Send,
{
    acting(world, script, within, scope, None)
}

/// A child whose starter waits until it is ready.
pub(super) fn starting<P: Flavor>(
    world: &World,
    script: Script,
    within: ScopeId,
    scope: Scope<'static, P>,
    ready: Ready<()>,
) -> Actor<P::Child<ActorId>>
where
    P::Child<ActorId>: Send + Output,
    P::Joined<ActorId>: Send,
    P::Output<ActorId>: Send,
{
    acting(world, script, within, scope, Some(ready))
}

/// What an actor gives that never waits.
pub(super) fn at_once<T: Output>(mut actor: Actor<T>) -> T {
    let polled = catch_unwind(AssertUnwindSafe(|| (&mut actor).now_or_never()));
    // Not while a panic unwinds, as with every other actor.
    let dropped = catch_unwind(AssertUnwindSafe(|| drop(actor)));
    let output = polled.unwrap_or_else(|panic| resume_unwind(panic));
    dropped.unwrap_or_else(|panic| resume_unwind(panic));
    output.expect("the script of a closure waits for nothing")
}

fn acting<P: Flavor>(
    world: &World,
    script: Script,
    within: ScopeId,
    scope: Scope<'static, P>,
    ready: Option<Ready<()>>,
) -> Actor<P::Child<ActorId>>
where
    P::Child<ActorId>: Send + Output,
    P::Joined<ActorId>: Send,
    P::Output<ActorId>: Send,
{
    let Script {
        id,
        ops,
        end,
        bomb,
        heir,
    } = script;
    let last_will = heir.map(|heir| spawning(world, *heir, within, &scope));
    let performing = performing(world.clone(), id, ops, within, scope, ready);
    let future = async move {
        performing.await;
        match end {
            End::Return => P::returned(id),
            End::Fail => P::failed(id),
            End::Panic => resume_unwind(Box::new(Bang(Origin::Script(id)))),
        }
    };
    Actor::new(world.clone(), id, bomb, future.boxed()).with_last_will(last_will)
}

pub(super) fn finalizer<P: Flavor>(
    world: &World,
    script: Script,
    within: ScopeId,
    scope: Scope<'static, P>,
) -> Actor<Result<(), Fault>>
where
    P::Child<ActorId>: Send + Output,
    P::Joined<ActorId>: Send,
    P::Output<ActorId>: Send,
{
    let Script { id, ops, end, bomb, .. } = script;
    let performing = performing(world.clone(), id, ops, within, scope, None);
    let future = async move {
        performing.await;
        match end {
            End::Return => Ok(()),
            End::Fail => Err(Fault(id)),
            End::Panic => resume_unwind(Box::new(Bang(Origin::Script(id)))),
        }
    };
    Actor::new(world.clone(), id, bomb, future.boxed())
}
