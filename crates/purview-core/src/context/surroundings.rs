use std::sync::Arc;

use super::current::with;
use crate::tree::{Link, ScopeNode};

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

/// The nodes whose cancellation is that of the code that runs now: its task, its scope, and those around up to a shield.
pub(crate) fn surrounding_nodes() -> Vec<usize> {
    let (mut nodes, scope) = with(|env| {
        let scope = env.scope().filter(|_| !env.is_shielded()).cloned();
        let task = env.task().filter(|_| scope.is_some());
        (
            task.map(|task| task.node().address()).into_iter().collect::<Vec<_>>(),
            scope,
        )
    });
    let Some(scope) = scope else { return nodes };
    nodes.push(scope.node().address());
    let mut link = scope.link();
    while let Some(Link {
        task, shielded: false, ..
    }) = link
    {
        nodes.extend([task.node().address(), task.scope.node().address()]);
        link = task.scope.link();
    }
    nodes
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
