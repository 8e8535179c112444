//! Which scope is in which: from the links of the scopes to the tasks that run them.

use std::{collections::HashMap, sync::Arc};

use super::{
    ScopeId,
    tree::{Builder, address},
};
use crate::{
    time::Instant,
    tree::{Link, ScopeNode, TaskNode},
};

impl Builder {
    /// Lists all scopes, by the tasks that run them; gives those that come first.
    pub(super) fn find_scopes(&mut self, only: Option<&Arc<ScopeNode>>) -> Vec<usize> {
        let listed = self
            .recorder
            .as_ref()
            .map_or_else(Vec::new, |recorder| recorder.scopes());
        let mut known: HashMap<usize, usize> = HashMap::new();
        for scope in listed
            .into_iter()
            .filter_map(|scope| scope.downcast::<ScopeNode>().ok())
        {
            if !scope.is_ended() {
                known.insert(address(&scope), self.scopes.len());
                self.scopes.push(scope);
            }
        }
        if let Some(only) = only.filter(|only| !known.contains_key(&address(only))) {
            known.insert(address(only), self.scopes.len());
            self.scopes.push(only.clone());
        }
        let mut roots = Vec::new();
        // Scopes around that are not recorded come in at the end.
        let mut at = 0;
        while let Some(scope) = self.scopes.get(at).cloned() {
            match task_around(&scope) {
                Some(task) => {
                    let around = address(&task.scope);
                    let next = self.scopes.len();
                    if *known.entry(around).or_insert(next) == next {
                        self.scopes.push(task.scope.clone());
                    }
                    if task.scope.record().is_none() {
                        let tasks = self.unrecorded.entry(around).or_default();
                        if !tasks.iter().any(|known| known.info.id() == task.info.id()) {
                            tasks.push(task.clone());
                        }
                    }
                    self.in_task.entry((around, task.info.id())).or_default().push(at);
                }
                None => roots.push(at),
            }
            at += 1;
        }
        if let Some(only) = only {
            roots = known.get(&address(only)).copied().into_iter().collect();
        }
        let key = |at: &usize| self.scopes[*at].record().map_or(ScopeId(0), |record| record.id);
        roots.sort_by_key(key);
        for scopes in self.in_task.values_mut() {
            scopes.sort_by_key(key);
        }
        roots
    }
}

/// The task that runs a scope: of the inside of a timeout the task around.
fn task_around(scope: &ScopeNode) -> Option<Arc<TaskNode>> {
    let mut tasks = scope.links().map(|link| link.task);
    // A timeout is a scope without a location, whose task is that around it.
    tasks.find(|task| task.scope.location().is_some())
}

/// The earliest deadline of the scope and of what is around it, up to the next shield; `around` is that of the scope which
/// it is shown in.
pub(super) fn deadline_of(scope: &ScopeNode, around: Option<Instant>) -> Option<Instant> {
    let (mut earliest, mut link) = (scope.own_deadline(), scope.link());
    while let Some(Link {
        task, shielded: false, ..
    }) = link
    {
        let is_timeout = task.scope.location().is_none();
        let own = if is_timeout { task.scope.own_deadline() } else { around };
        earliest = earliest.into_iter().chain(own).min();
        link = if is_timeout { task.scope.link() } else { None };
    }
    earliest
}
