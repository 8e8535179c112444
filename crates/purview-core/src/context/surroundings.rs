use std::sync::Arc;

use super::local::with;
use crate::tree::ScopeNode;

/// Which task runs now, as an address to compare: a future that remembers it sees that it was moved.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Surroundings {
    scope: usize,
    task: usize,
    shielded: bool,
}

impl Surroundings {
    pub(crate) fn now() -> Self {
        with(|env| Self {
            scope: env.scope().map_or(0, |scope| scope.node().address()),
            task: env.task().map_or(0, |task| task.node().address()),
            shielded: env.is_shielded(),
        })
    }
}

/// Whether the code that runs now is that of a task of this scope, or of a scope inside.
pub(crate) fn is_inside(node: &Arc<ScopeNode>) -> bool {
    let mut around = with(|env| env.scope().cloned());
    while let Some(scope) = around {
        if Arc::ptr_eq(&scope, node) {
            return true;
        }
        around = scope.link().map(|link| link.task.scope.clone());
    }
    false
}
