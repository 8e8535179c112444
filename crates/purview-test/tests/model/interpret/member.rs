//! The futures of groups.

use std::panic::resume_unwind;

use futures::FutureExt;
use purview_core::{cancelled, sleep};

use super::performer::{turn, waiting};
use crate::{
    actor::{Actor, Bang},
    flavor::Fault,
    program::{ActorId, End, Op, ScopeId, Script},
    trace::{Origin, Wait, World},
};

/// A future of a group that an actor of `within` awaits.
pub(super) fn member(world: &World, within: ScopeId, script: Script) -> Actor<Result<ActorId, Fault>> {
    let Script { id, ops, end, .. } = script;
    let inside = world.clone();
    let future = async move {
        for op in ops {
            match op {
                Op::Sleep(duration) => {
                    let until = inside.runtime.elapsed() + duration;
                    waiting(&inside, id, Wait::Until(until), sleep(duration)).await;
                }
                Op::UntilCancelled => {
                    waiting(&inside, id, Wait::Cancelled, cancelled()).await;
                }
                Op::UntilTokenOf { outwards, child } => {
                    let (scope, token) = inside.shared.outwards(within, outwards);
                    let token = if child { token.child() } else { token };
                    waiting(&inside, id, Wait::Token(scope), token.cancelled()).await;
                }
                Op::Forever => waiting(&inside, id, Wait::Forever, std::future::pending()).await,
                _ => waiting(&inside, id, Wait::Yield, turn()).await,
            }
        }
        match end {
            End::Return => Ok(id),
            End::Fail => Err(Fault(id)),
            End::Panic => resume_unwind(Box::new(Bang(Origin::Script(id)))),
        }
    };
    Actor::new(world.clone(), id, false, future.boxed())
}
