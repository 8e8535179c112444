//! From the records to the tree.

use std::{
    collections::HashMap,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use super::{
    Kind, Node, NodeId, Progress, ScopeId, State, Stopping,
    links::{deadline_of, most_of_each},
};
use crate::{
    time::Instant,
    tree::{
        ScopeNode, TaskId, TaskNode,
        record::{Recorder, ScopeRecord, TaskRecord, clock, recorder},
    },
};

/// Where a task is recorded, or a scope.
pub(super) struct Source {
    pub(super) record: Arc<ScopeRecord>,
    pub(super) task: Option<Arc<TaskRecord>>,
}

/// What a snapshot is made of.
#[derive(Default)]
pub(super) struct Tree {
    pub(super) nodes: Vec<Node>,
    pub(super) sources: Vec<Option<Source>>,
    pub(super) left_out: usize,
}

/// A scope, as an address; and a task in it.
pub(super) type Place = (usize, TaskId);

/// So many tasks are listed under one lock.
const AT_ONCE: usize = 1024;

pub(super) struct Builder {
    pub(super) recorder: Option<Arc<Recorder>>,
    pub(super) now: u64,
    clock: Instant,
    pub(super) scopes: Vec<Arc<ScopeNode>>,
    /// The scopes that each task runs.
    pub(super) in_task: HashMap<Place, Vec<usize>>,
    /// Of each scope, whether it is to be shown, where not all are.
    pub(super) is_below: Option<Vec<bool>>,
    /// Tasks that run scopes, of scopes that are not recorded themselves.
    pub(super) unrecorded: HashMap<usize, Vec<Arc<TaskNode>>>,
    max_nodes: usize,
    is_check: bool,
    /// How many tasks of one scope are shown at most.
    most: usize,
    tree: Tree,
}

/// What is yet to be added, and below what.
struct Next {
    what: What,
    place: Below,
}

/// Where in the tree something is, and what goes down to it from what is around.
#[derive(Clone, Copy)]
pub(super) struct Below {
    pub(super) depth: usize,
    pub(super) parent: Option<usize>,
    deadline: Option<Instant>,
    pub(super) grace: u64,
}

enum What {
    Scope(usize),
    /// The tasks of a scope that are yet to be added.
    Tasks(usize, Tasks),
    /// A task of a scope that is not recorded.
    Unrecorded(Arc<TaskNode>),
}

type Tasks = std::vec::IntoIter<Arc<TaskRecord>>;

impl Tree {
    /// With where each node is recorded, for a check.
    pub(super) fn of_all(recorder: &Arc<Recorder>, is_check: bool) -> Self {
        let mut builder = Builder::new(Some(recorder.clone()));
        builder.is_check = is_check;
        let roots = builder.find_scopes(None);
        builder.build(roots)
    }

    pub(super) fn of_scope(scope: &Arc<ScopeNode>) -> Self {
        let recorder = scope.record().map(|record| record.recorder.clone()).or_else(recorder);
        let mut builder = Builder::new(recorder);
        let roots = builder.find_scopes(Some(scope));
        builder.build(roots)
    }
}

impl Builder {
    fn new(recorder: Option<Arc<Recorder>>) -> Self {
        Self {
            now: recorder.as_ref().map_or(0, |recorder| recorder.now()),
            clock: clock(),
            max_nodes: recorder.as_ref().map_or(1, |recorder| recorder.options.max_nodes),
            recorder,
            scopes: Vec::new(),
            in_task: HashMap::new(),
            is_below: None,
            unrecorded: HashMap::new(),
            is_check: false,
            most: usize::MAX,
            tree: Tree::default(),
        }
    }

    fn build(mut self, roots: Vec<usize>) -> Tree {
        let lengths = self.lengths();
        let nodes = lengths
            .iter()
            .sum::<usize>()
            .saturating_add(lengths.len())
            .min(self.max_nodes);
        self.most = most_of_each(lengths, self.max_nodes);
        self.tree.nodes.reserve(nodes);
        if self.is_check {
            self.tree.sources.reserve(nodes);
        }
        let mut next: Vec<Next> = Vec::new();
        let root = |at| Next {
            what: What::Scope(at),
            place: Below {
                depth: 0,
                parent: None,
                deadline: None,
                grace: 0,
            },
        };
        next.extend(roots.into_iter().rev().map(root));
        // A loop, not recursion: scopes may nest deeper than the stack.
        while let Some(item) = next.pop() {
            if self.tree.nodes.len() >= self.max_nodes {
                self.leave_out(&item.what);
                continue;
            }
            match item.what {
                What::Scope(at) => self.add_scope(at, &item.place, &mut next),
                What::Tasks(at, tasks) => self.add_tasks(at, tasks, &item.place, &mut next),
                What::Unrecorded(ref task) => self.add_unrecorded(task, &item.place, &mut next),
            }
        }
        if self.tree.left_out > 0 {
            // The tasks that run these are not shown.
            let scopes = self.in_task.values().flatten();
            self.tree.left_out += scopes.map(|at| 1 + self.tasks_in(&self.scopes[*at])).sum::<usize>();
        }
        self.tree
    }

    fn leave_out(&mut self, what: &What) {
        self.tree.left_out += match what {
            What::Scope(at) => 1 + self.tasks_in(&self.scopes[*at]),
            What::Tasks(_, tasks) => tasks.len(),
            What::Unrecorded(_) => 1,
        };
    }

    fn push(&mut self, node: Node, source: impl FnOnce() -> Option<Source>) -> usize {
        self.tree.nodes.push(node);
        if self.is_check {
            self.tree.sources.push(source());
        }
        self.tree.nodes.len() - 1
    }

    fn add_scope(&mut self, at: usize, item: &Below, next: &mut Vec<Next>) {
        let scope = self.scopes[at].clone();
        let record = scope.record();
        let deadline = deadline_of(&scope, item.deadline);
        let own_grace = record.map_or(0, |record| record.grace_until.load(Ordering::Relaxed));
        let grace = earlier(own_grace, item.grace);
        let (mut tasks, left_out) = record.map_or_else(Default::default, |record| self.tasks_of(record));
        tasks.sort_by_key(|task| task.id);
        let mut node = Node::new(
            NodeId::Scope(record.map_or(ScopeId(0), |record| record.id)),
            scope.kind(),
            item,
        );
        node.given = scope.given_name().map(str::to_owned);
        node.location = scope.location();
        node.age = record.map_or(Duration::ZERO, |record| self.since(record.opened));
        node.deadline = deadline;
        node.left = deadline.map(|at| at.saturating_duration_since(self.clock));
        node.left_out = left_out;
        node.progress = record.filter(|_| scope.is_gather()).map(|record| Progress {
            done: record.done.load(Ordering::Relaxed),
            total: record.total.load(Ordering::Relaxed).checked_sub(1),
        });
        node.state = if scope.is_ended() {
            State::Ended
        } else if !scope.is_polled() {
            State::NotPolled
        } else if tasks.is_empty() && scope.is_open() {
            State::Open
        } else {
            State::Scope
        };
        node.stopping = scope.cancelled().map(|reason| Stopping {
            reason: reason.clone(),
            since: record.and_then(|record| self.if_set(record.told.load(Ordering::Relaxed))),
            grace: self.until(grace),
        });
        let source = || {
            Some(Source {
                record: record?.clone(),
                task: None,
            })
        };
        self.tree.left_out += left_out;
        let index = self.push(node, source);
        let place = Below {
            depth: item.depth + 1,
            parent: Some(index),
            deadline,
            grace,
        };
        if let Some(tasks) = self.unrecorded.remove(&address(&scope)) {
            next.extend(tasks.into_iter().map(|task| Next {
                what: What::Unrecorded(task),
                place,
            }));
        }
        if !tasks.is_empty() {
            next.push(Next {
                what: What::Tasks(at, tasks.into_iter()),
                place,
            });
        }
    }

    /// The tasks of a scope, and how many it has more.
    fn tasks_of(&self, record: &ScopeRecord) -> (Vec<Arc<TaskRecord>>, usize) {
        let most = self.most.min(self.max_nodes - self.tree.nodes.len());
        let (mut from, mut more) = (0, true);
        let mut tasks = Vec::with_capacity(most.min(record.len()));
        while more && tasks.len() < most {
            let (some, is_more) = record.some(&mut from, AT_ONCE.min(most - tasks.len()));
            tasks.extend(some);
            more = is_more;
        }
        let left_out = if more {
            record.len().saturating_sub(tasks.len())
        } else {
            0
        };
        (tasks, left_out)
    }

    /// Adds the tasks up to the first that runs scopes, which come before the others.
    fn add_tasks(&mut self, at: usize, mut tasks: Tasks, item: &Below, next: &mut Vec<Next>) {
        let scope = self.scopes[at].clone();
        let Some(record) = scope.record() else { return };
        while self.tree.nodes.len() < self.max_nodes {
            let Some(task) = tasks.next() else { return };
            // Since it was listed.
            if task.has_ended() {
                continue;
            }
            let place = (address(&scope), task.id);
            let node = self.task(&task, &scope, record, item);
            let source = || {
                Some(Source {
                    record: record.clone(),
                    task: Some(task.clone()),
                })
            };
            if self.in_task.contains_key(&place) {
                next.push(Next {
                    what: What::Tasks(at, tasks),
                    place: *item,
                });
                self.add_with_scopes(node, source, place, item, next);
                return;
            }
            self.push(node, source);
        }
        self.tree.left_out += tasks.len();
    }

    fn add_unrecorded(&mut self, task: &Arc<TaskNode>, item: &Below, next: &mut Vec<Next>) {
        let kind = if task.info.is_body() { Kind::Body } else { Kind::Child };
        let mut node = Node::new(NodeId::Task(task.info.id()), kind, item);
        node.location = task.info.location();
        node.info = Some(task.info.clone());
        let place = (address(&task.scope), task.info.id());
        self.add_with_scopes(node, || None, place, item, next);
    }

    fn add_with_scopes(
        &mut self,
        mut node: Node,
        source: impl FnOnce() -> Option<Source>,
        place: Place,
        item: &Below,
        next: &mut Vec<Next>,
    ) {
        let scopes = self.in_task.remove(&place).unwrap_or_default();
        node.runs_scope = !scopes.is_empty();
        let index = self.push(node, source);
        let place = Below {
            depth: item.depth + 1,
            parent: Some(index),
            ..*item
        };
        next.extend(scopes.into_iter().rev().map(|at| Next {
            what: What::Scope(at),
            place,
        }));
    }
}

pub(super) fn address(scope: &Arc<ScopeNode>) -> usize {
    Arc::as_ptr(scope).addr()
}

/// The earlier of two times, of which 0 is none.
fn earlier(a: u64, b: u64) -> u64 {
    if a == 0 || b == 0 { a.max(b) } else { a.min(b) }
}
