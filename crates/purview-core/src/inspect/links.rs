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
        let (mut roots, mut inside): (Vec<usize>, Vec<Vec<usize>>) = Default::default();
        // Scopes around that are not recorded come in at the end.
        let mut at = 0;
        while let Some(scope) = self.scopes.get(at).cloned() {
            match task_around(&scope) {
                Some(task) => {
                    let around = address(&task.scope);
                    let next = self.scopes.len();
                    let index = *known.entry(around).or_insert(next);
                    if index == next {
                        self.scopes.push(task.scope.clone());
                    }
                    if only.is_some() {
                        inside.resize_with(self.scopes.len(), Vec::new);
                        inside[index].push(at);
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
            inside.resize_with(self.scopes.len(), Vec::new);
            self.keep_below(&roots, &inside);
        }
        let key = |at: &usize| self.scopes[*at].record().map_or(ScopeId(0), |record| record.id);
        roots.sort_by_key(key);
        for scopes in self.in_task.values_mut() {
            scopes.sort_by_key(key);
        }
        roots
    }

    /// Forgets all scopes but these and what is in them; `inside` is what is directly in each.
    fn keep_below(&mut self, roots: &[usize], inside: &[Vec<usize>]) {
        let mut is_below = vec![false; self.scopes.len()];
        let mut next = roots.to_vec();
        while let Some(at) = next.pop() {
            if !std::mem::replace(&mut is_below[at], true) {
                next.extend(&inside[at]);
            }
        }
        self.in_task.retain(|_, scopes| {
            scopes.retain(|at| is_below[*at]);
            !scopes.is_empty()
        });
        self.is_below = Some(is_below);
    }

    /// How many scopes there are to show, and how many tasks are in each.
    pub(super) fn lengths(&self) -> Vec<usize> {
        let is_below = |at: usize| self.is_below.as_ref().is_none_or(|is_below| is_below[at]);
        let scopes = self.scopes.iter().enumerate().filter(|(at, _)| is_below(*at));
        scopes.map(|(_, scope)| self.tasks_in(scope)).collect()
    }

    /// How many tasks of a scope there are to show.
    pub(super) fn tasks_in(&self, scope: &Arc<ScopeNode>) -> usize {
        match scope.record() {
            Some(record) => record.len(),
            None => self.unrecorded.get(&address(scope)).map_or(0, Vec::len),
        }
    }
}

/// How many tasks of each scope can be shown where there is room for so many scopes and tasks in all: of those that have
/// more an equal number each, and at least one.
pub(super) fn most_of_each(mut tasks: Vec<usize>, max_nodes: usize) -> usize {
    let (mut room, mut scopes) = (max_nodes.saturating_sub(tasks.len()), tasks.len());
    tasks.sort_unstable();
    for n in tasks {
        if n > room / scopes {
            return (room / scopes).max(1);
        }
        room -= n;
        scopes -= 1;
    }
    usize::MAX
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
