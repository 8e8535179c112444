//! A scope that moves from the task that has polled it to another one, while a hold in it changes on a third thread.

use std::{future::poll_fn, sync::Arc, task::Poll};

use loom::{future::block_on, thread};

use super::{explore::explore, on_threads::OnThreads};
use crate::{
    CancelReason,
    context::{Env, Place},
    tree::{HoldKind, Role, ScopeNode, ScopeOptions, TaskNode},
};

/// Two tasks, and a scope that the first of them has polled; a task in the scope is what holds.
struct Moving {
    old: Arc<TaskNode>,
    new: Arc<TaskNode>,
    scope: Arc<ScopeNode>,
    place: Option<Place>,
    holder: Arc<TaskNode>,
}

impl Moving {
    fn new() -> Self {
        let around = ScopeNode::new(ScopeOptions::default());
        let task = |scope: &Arc<ScopeNode>| TaskNode::new(scope.body_info(), scope.clone(), Role::Ordinary);
        let scope = ScopeNode::new(ScopeOptions {
            runtime: Some(Arc::new(OnThreads::default())),
            ..ScopeOptions::default()
        });
        let mut moving = Self {
            old: task(&around),
            new: task(&around),
            holder: task(&scope),
            scope,
            place: None,
        };
        moving.poll_in(&moving.old.clone());
        moving
    }

    /// What the engine does to the tree in a poll inside this task.
    fn poll_in(&mut self, task: &Arc<TaskNode>) {
        let mut env = Env::of(task.clone(), None);
        let _entered = env.enter();
        Place::update(&mut self.place, &self.scope);
    }

    fn holding(&self) -> (bool, bool) {
        (self.old.holds(), self.new.holds())
    }

    /// What is cancelled alone is kept by its scope until the scope ends.
    fn end(self) {
        self.holder.end();
        self.scope.end();
        self.old.end();
        self.new.end();
        self.old.scope.end();
        assert_eq!(self.holding(), (false, false), "it holds though it has ended");
    }
}

/// Polls a task that is to stop as a scope does: until it does not hold.
fn poll_while_it_holds(task: &TaskNode, mut poll: impl FnMut()) {
    block_on(poll_fn(|cx| {
        {
            let _polling = task.begin_poll();
            poll();
        }
        task.set_poller(cx.waker());
        if task.holds() { Poll::Pending } else { Poll::Ready(()) }
    }));
}

/// Both tasks are to stop, and are polled until they do not hold: what lets the last hold go has each of them polled.
fn let_go_while_it_moves(name: &str, kind: HoldKind) {
    explore(name, 3, move || {
        let mut moving = Moving::new();
        let (old, new, holder) = (moving.old.clone(), moving.new.clone(), moving.holder.clone());
        holder.hold(kind);
        assert_eq!(moving.holding(), (true, false));
        old.cancel(CancelReason::Requested(None));
        new.cancel(CancelReason::Requested(None));
        let lets_go = thread::spawn(move || holder.let_go(kind));
        let waits = thread::spawn(move || poll_while_it_holds(&old, || {}));
        poll_while_it_holds(&new.clone(), || moving.poll_in(&new));
        waits.join().unwrap();
        lets_go.join().unwrap();
        assert_eq!(moving.holding(), (false, false));
        moving.holder.hold(kind);
        assert_eq!(moving.holding(), (false, true), "it was released twice");
        moving.holder.let_go(kind);
        moving.end();
    });
}

#[test]
fn a_shield_let_go_while_its_scope_moves_holds_neither_task() {
    let_go_while_it_moves("a shield released while its scope moves", HoldKind::Shield);
}

#[test]
fn a_thread_that_ends_while_its_scope_moves_holds_neither_task() {
    let_go_while_it_moves("a thread that ends while its scope moves", HoldKind::Elsewhere);
}

fn taken_while_it_moves(name: &str, kind: HoldKind) {
    explore(name, 6, move || {
        let mut moving = Moving::new();
        let (new, holder) = (moving.new.clone(), moving.holder.clone());
        let takes = thread::spawn(move || holder.hold(kind));
        moving.poll_in(&new);
        takes.join().unwrap();
        assert_eq!(moving.holding(), (false, true));
        moving.holder.let_go(kind);
        assert_eq!(moving.holding(), (false, false), "it held twice");
        moving.end();
    });
}

#[test]
fn a_shield_taken_while_its_scope_moves_holds_the_new_task() {
    taken_while_it_moves("a shield taken while its scope moves", HoldKind::Shield);
}

#[test]
fn a_thread_that_begins_while_its_scope_moves_holds_the_new_task() {
    taken_while_it_moves("a thread that begins while its scope moves", HoldKind::Elsewhere);
}

#[test]
fn a_hold_taken_and_let_go_while_its_scope_moves_holds_neither_task() {
    explore("a hold taken and released while its scope moves", 6, || {
        let mut moving = Moving::new();
        let (new, holder) = (moving.new.clone(), moving.holder.clone());
        let thread = thread::spawn(move || {
            holder.hold(HoldKind::Shield);
            holder.let_go(HoldKind::Shield);
        });
        moving.poll_in(&new);
        thread.join().unwrap();
        assert_eq!(moving.holding(), (false, false));
        moving.holder.hold(HoldKind::Shield);
        assert_eq!(moving.holding(), (false, true), "it was released twice");
        moving.end();
    });
}
