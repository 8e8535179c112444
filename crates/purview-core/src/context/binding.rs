use std::{any::Any, sync::Arc};

/// One value bound to one key, and what was bound around it.
pub(crate) struct Binding {
    pub(super) key: usize,
    pub(super) value: Arc<dyn Any + Send + Sync>,
    pub(super) outer: Option<Arc<Binding>>,
}

/// What was bound around, without the value that a new binding of `key` hides: a line of tasks each of which binds it
/// and spawns the next one does not grow.
pub(super) fn without(bound: Option<Arc<Binding>>, key: usize) -> Option<Arc<Binding>> {
    let mut nearer = Vec::new();
    let mut found = bound.as_ref();
    while let Some(binding) = found.filter(|binding| binding.key != key) {
        nearer.push(binding);
        found = binding.outer.as_ref();
    }
    let Some(hidden) = found else { return bound };
    nearer.into_iter().rev().fold(hidden.outer.clone(), |outer, binding| {
        Some(Arc::new(Binding {
            key: binding.key,
            value: binding.value.clone(),
            outer,
        }))
    })
}
