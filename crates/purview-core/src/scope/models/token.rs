//! The tree of tokens, and those of scopes and tasks.

use loom::{future::block_on, thread};

use super::{explore::explore, on_threads::OnThreads};
use crate::{
    CancelReason, CancelToken,
    context::Env,
    tree::{Role, ScopeNode, ScopeOptions, TaskNode},
};

const WHY: CancelReason = CancelReason::Requested(None);

#[test]
fn a_wait_that_begins_as_it_fires_is_woken() {
    explore("a token and two waits for it", 4, || {
        let token = CancelToken::new();
        let waiters = [1, 2].map(|_| {
            let waits = token.clone();
            thread::spawn(move || block_on(waits.cancelled()))
        });
        token.cancel();
        assert_eq!(waiters.map(|thread| thread.join().unwrap()), [WHY, WHY]);
    });
}

#[test]
fn a_child_made_as_it_fires_hears_of_it() {
    explore("a token and its child", 5, || {
        let token = CancelToken::new();
        let parent = token.clone();
        let thread = thread::spawn(move || {
            let child = parent.child();
            block_on(child.cancelled())
        });
        token.cancel();
        assert_eq!(thread.join().unwrap(), WHY);
    });
}

#[test]
fn a_grandchild_hears_of_it_though_the_child_is_dropped_meanwhile() {
    explore("a token and its grandchild", 4, || {
        let token = CancelToken::new();
        let child = token.child();
        let grandchild = child.child();
        let drops = thread::spawn(move || drop(child));
        let waits = thread::spawn(move || block_on(grandchild.cancelled()));
        token.cancel();
        assert_eq!(waits.join().unwrap(), WHY);
        drops.join().unwrap();
    });
}

/// It has no node until it asks for its token.
#[test]
fn a_task_that_asks_for_its_token_as_its_scope_is_cancelled_hears_of_it() {
    explore("a task's token and the cancellation of its scope", 5, || {
        let scope = ScopeNode::new(ScopeOptions::default());
        let mut env = Env::body(scope.clone());
        let asks = thread::spawn(move || {
            let task = env.make_task().expect("it is in a scope");
            block_on(task.token().cancelled())
        });
        scope.cancel(WHY);
        assert_eq!(asks.join().unwrap(), WHY);
        scope.end();
    });
}

#[test]
fn a_task_that_waits_for_its_token_as_it_is_cancelled_alone_hears_of_it() {
    explore("a task's token and its cancellation", 5, || {
        let scope = ScopeNode::new(ScopeOptions::default());
        let task = TaskNode::new(scope.body_info(), scope.clone(), Role::Ordinary);
        let asks = task.clone();
        let asks = thread::spawn(move || block_on(asks.token().cancelled()));
        task.cancel(WHY);
        assert_eq!(asks.join().unwrap(), WHY);
        task.end();
        scope.end();
    });
}

#[test]
fn a_wait_for_a_scopes_token_as_it_ends_hears_of_the_end() {
    explore("a scope's token and its end", 3, || {
        let (open, driver) = OnThreads::default().open();
        let handle = open.clone();
        let asks = thread::spawn(move || {
            let token = handle.token();
            block_on(token.cancelled())
        });
        open.close();
        assert!(block_on(driver).is_ok());
        assert_eq!(asks.join().unwrap(), CancelReason::Ended);
    });
}
