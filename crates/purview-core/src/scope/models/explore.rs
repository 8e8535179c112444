use std::{
    collections::VecDeque,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    task::{Context, Poll},
};

use crate::{
    engine::pass::{self, Turn},
    policy::Policy,
    scope::{
        child::Child,
        kind::{Boxed, Kind},
        shared::Shared,
    },
};

/// Runs a model in every order with at most so many preemptions, and says how many orders that were.
///
/// A switch to another thread where one has to wait is no preemption. `LOOM_MAX_PREEMPTIONS` allows all models so many.
pub(super) fn explore(name: &str, preemptions: usize, model: impl Fn() + Send + Sync + 'static) {
    let orders = Arc::new(AtomicUsize::new(0));
    let counted = orders.clone();
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = builder.preemption_bound.or(Some(preemptions));
    builder.max_branches = 100_000;
    builder.check(move || {
        counted.fetch_add(1, Relaxed);
        model();
    });
    println!("loom: {name}: {} interleavings", orders.load(Relaxed));
}

/// Polls a child as the set of its scope does, in a pass of its own.
pub(super) fn poll_child<P: Policy>(child: Pin<&mut (dyn Child<P> + '_)>, cx: &mut Context<'_>) -> Poll<()> {
    let _pass = pass::begin(1);
    child.poll(&mut Turn::default(), cx)
}

/// Takes all children out of the queue.
pub(super) fn take_children<'env, P: Policy, K: Kind>(shared: &Shared<'env, P, K>) -> Vec<Boxed<'env, P, K>> {
    let mut children = VecDeque::new();
    shared.take_children(&mut children);
    children.into()
}
