//! The inside of a timeout whose scope nothing has asked for yet: most futures never do, and then it is never made.

use std::{mem, sync::Arc};

use super::{
    Env, Place,
    local::{look, look_opened, with},
};
use crate::{
    runtime::Runtime,
    time::Instant,
    tree::{Bound, ScopeNode, ScopeOptions, TaskNode},
};

/// A timeout that has been polled and has no scope.
pub(crate) struct Unopened {
    /// When its time is up.
    pub(crate) at: Option<Instant>,
    pub(crate) runtime: Arc<dyn Runtime>,
}

/// What is known of the timeout that the code runs in which runs now.
#[derive(Default)]
pub(super) enum InTimeout {
    /// There is none, or its scope is that of the surroundings.
    #[default]
    None,
    Unopened(Unopened),
    /// Its scope has been made in this poll. What surrounds the timeout is here, until the poll ends.
    Opened(Box<(Env, Place)>),
}

impl Unopened {
    pub(crate) fn is_late(&self) -> bool {
        self.at.is_some_and(|at| at <= self.runtime.now())
    }

    /// Makes its scope, which belongs to what surrounds the caller, and the surroundings of what is inside.
    pub(crate) fn open(self) -> (Env, Place) {
        open_in(self, with(Around::of))
    }
}

/// What a timeout takes from what surrounds it.
#[derive(Default)]
struct Around {
    task: Option<Arc<TaskNode>>,
    shielded: bool,
    in_closure: bool,
}

impl Around {
    fn of(env: &mut Env) -> Self {
        Self {
            task: env.make_task(),
            shielded: env.is_shielded(),
            in_closure: env.is_in_closure(),
        }
    }
}

fn open_in(Unopened { at, runtime }: Unopened, around: Around) -> (Env, Place) {
    let Around {
        task: around,
        shielded,
        in_closure,
    } = around;
    let mut bound = Bound::default();
    bound.set(at);
    let scope = ScopeNode::new(ScopeOptions {
        bound,
        runtime: Some(runtime),
        ..ScopeOptions::default()
    });
    let place = Place::of(around.as_ref(), shielded);
    scope.settle(around.as_deref());
    if around.is_some() || shielded {
        scope.move_to(around, shielded);
    }
    let mut inside = Env::same_task(scope, None);
    inside.set_in_closure(in_closure);
    (inside, place)
}

impl InTimeout {
    #[inline]
    pub(super) fn is_unopened(&self) -> bool {
        matches!(self, Self::Unopened(_))
    }
}

/// Makes the scope of the timeout that the caller is in, if that was not asked for before.
#[cold]
pub(super) fn open() {
    let taken = look(|current| match mem::take(&mut current.timeout) {
        InTimeout::Unopened(unopened) => Some((unopened, Around::of(&mut current.env))),
        other => {
            current.timeout = other;
            None
        }
    });
    let Some(Some((unopened, around))) = taken else {
        return;
    };
    let (mut inside, place) = open_in(unopened, around);
    look(|current| {
        inside.bind(current.env.bindings.take());
        let outside = mem::replace(&mut current.env, inside);
        current.timeout = InTimeout::Opened(Box::new((outside, place)));
    });
}

/// While it exists, the code that runs is the inside of a timeout.
#[must_use]
pub(crate) struct InUnopened<'a> {
    unopened: &'a mut Option<Unopened>,
    /// The context values inside; while this exists, those outside. When the scope has been made, its surroundings.
    env: &'a mut Env,
    place: &'a mut Option<Place>,
    around: InTimeout,
}

impl<'a> InUnopened<'a> {
    /// `unopened` stays, unless the scope is made meanwhile: then `env` is what surrounds the inside, and `place` is where
    /// the scope belongs.
    pub(crate) fn enter(unopened: &'a mut Option<Unopened>, env: &'a mut Env, place: &'a mut Option<Place>) -> Self {
        // A timeout around that has no scope yet gets one: that is then what this one is in.
        let around = look_opened(|current| {
            let inside = unopened.take().map_or_else(InTimeout::default, InTimeout::Unopened);
            mem::swap(&mut current.env.bindings, &mut env.bindings);
            mem::replace(&mut current.timeout, inside)
        });
        Self {
            unopened,
            env,
            place,
            around: around.unwrap_or_default(),
        }
    }
}

impl Drop for InUnopened<'_> {
    fn drop(&mut self) {
        look(
            |current| match mem::replace(&mut current.timeout, mem::take(&mut self.around)) {
                InTimeout::Opened(outside) => {
                    let (mut outside, place) = *outside;
                    mem::swap(&mut outside.bindings, &mut self.env.bindings);
                    mem::swap(&mut current.env, &mut outside);
                    *self.env = outside;
                    *self.place = Some(place);
                }
                InTimeout::Unopened(unopened) => {
                    mem::swap(&mut current.env.bindings, &mut self.env.bindings);
                    *self.unopened = Some(unopened);
                }
                InTimeout::None => {}
            },
        );
    }
}
