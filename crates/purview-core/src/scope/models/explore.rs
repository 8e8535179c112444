use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::Relaxed},
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
