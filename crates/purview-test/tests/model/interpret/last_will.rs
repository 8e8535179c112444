//! What a program does in a destructor, or in a waker.

use std::{
    sync::{Arc, Mutex, PoisonError},
    task::{Wake, Waker},
};

use purview_core::Scope;

use super::cast::actor;
use crate::{
    actor::{LastWill, Output},
    flavor::Flavor,
    program::{ActorId, Place, ScopeId, Script},
    trace::{Event, World},
};

/// Spawns an actor, wherever it is called: in a destructor, or in a waker.
pub(super) fn spawning<P: Flavor>(world: &World, script: Script, within: ScopeId, scope: &Scope<'static, P>) -> LastWill
where
    P::Child<ActorId>: Send + Output,
    P::Joined<ActorId>: Send,
    P::Output<ActorId>: Send,
{
    let (world, scope) = (world.clone(), scope.clone());
    Box::new(move || {
        let (child, place) = (script.id, Place::Here);
        world.log(Event::Spawns {
            child,
            scope: within,
            place,
        });
        let future = actor::<P>(&world, script, within, scope.clone());
        drop(scope.spawn(future));
    })
}

/// Acts once when it is woken, before it wakes the waker inside.
struct ActsOnWake {
    act: Mutex<Option<LastWill>>,
    waker: Waker,
}

/// A waker that acts once, before it wakes the waker inside.
pub(super) fn acts_on_wake(act: LastWill, waker: Waker) -> Waker {
    let act = Mutex::new(Some(act));
    Waker::from(Arc::new(ActsOnWake { act, waker }))
}

impl Wake for ActsOnWake {
    fn wake(self: Arc<Self>) {
        let act = self.act.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(act) = act {
            act();
        }
        self.waker.wake_by_ref();
    }
}
