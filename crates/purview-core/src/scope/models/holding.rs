//! The counts of what keeps a task from being dropped at once, when they change on another thread than the one that polls.

use std::{
    future::{pending, poll_fn},
    sync::Arc,
};

use loom::{future::block_on, thread};

use super::{
    explore::{explore, poll_child, take_children},
    on_threads::OnThreads,
};
use crate::{
    CancelReason,
    context::{Env, Place},
    scope::kind::AnyChild,
    tree::{HoldKind, Role, ScopeNode, ScopeOptions, TaskNode},
};

/// What lets go looks whether the child is being polled, and leaves it to the poll; the poll in turn looks whether the
/// child is still held. One of them has to see the other.
#[test]
fn a_hold_let_go_on_another_thread_is_seen() {
    explore("a hold released on another thread", 5, || {
        let (open, driver) = OnThreads::default().open();
        // One with a name has its node from the start.
        drop(open.task().name("held").spawn(pending::<Result<(), ()>>()));
        let mut child = take_children(&open.shared).pop().expect("spawned just now");
        let task = child.get().env().task().expect("it has a name").clone();
        task.hold(HoldKind::Shield);
        let holder = task.clone();
        let lets_go = thread::spawn(move || holder.let_go(HoldKind::Shield));
        task.cancel(CancelReason::Requested(None));
        block_on(poll_fn(|cx| poll_child(child.pinned(), cx)));
        lets_go.join().unwrap();
        child.get().env().task().expect("it has a name").end();
        drop((child, driver));
    });
}

/// A scope that is first polled inside a task, while another thread does something to it.
fn polled_first_while(
    name: &str,
    meanwhile: impl Fn(&ScopeNode) + Copy + Send + Sync + 'static,
    then: impl Fn(&ScopeNode, &TaskNode) + Send + Sync + 'static,
) {
    explore(name, 5, move || {
        let outer = ScopeNode::new(ScopeOptions::default());
        let task = TaskNode::new(outer.body_info(), outer.clone(), Role::Ordinary);
        let inner = ScopeNode::new(ScopeOptions {
            runtime: Some(Arc::new(OnThreads::default())),
            ..ScopeOptions::default()
        });
        let handle = inner.clone();
        let thread = thread::spawn(move || meanwhile(&handle));
        {
            let mut env = Env::of(task.clone(), None);
            let _entered = env.enter();
            Place::update(&mut None, &inner);
        }
        thread.join().unwrap();
        then(&inner, &task);
    });
}

#[test]
fn a_finalizer_given_in_the_first_poll_holds_the_task_around_once() {
    let given = |inner: &ScopeNode| inner.hold(HoldKind::Finalizer);
    polled_first_while("a hold and the first poll", given, |inner, task| {
        assert!(task.holds(), "the task around does not hold");
        inner.let_go(HoldKind::Finalizer);
        assert!(!task.holds(), "it held twice");
    });
}

#[test]
fn a_hold_taken_and_let_go_in_the_first_poll_holds_nothing() {
    let taken_and_let_go = |inner: &ScopeNode| {
        inner.hold(HoldKind::Finalizer);
        inner.let_go(HoldKind::Finalizer);
    };
    let name = "a hold taken and released in the first poll";
    polled_first_while(name, taken_and_let_go, |inner, task| {
        assert!(!task.holds(), "it holds still");
        inner.hold(HoldKind::Finalizer);
        assert!(task.holds(), "it was released twice");
    });
}
