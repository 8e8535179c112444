//! The tree of tokens, and those that a scope or a task makes on request.

use loom::{future::block_on, thread};

use super::{explore::explore, on_threads::OnThreads};
use crate::{
    CancelReason, CancelToken,
    context::{Frame, Role},
    scope::{Options, State},
};

const WHY: CancelReason = CancelReason::Requested(None);

#[test]
fn who_begins_to_wait_as_it_fires_is_woken() {
    explore("a token and who waits for it", 4, || {
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
fn a_grandchild_hears_of_it_though_the_child_goes_meanwhile() {
    explore("a token and its grandchild", 4, || {
        let token = CancelToken::new();
        let child = token.child();
        let grandchild = child.child();
        let goes = thread::spawn(move || drop(child));
        let waits = thread::spawn(move || block_on(grandchild.cancelled()));
        token.cancel();
        assert_eq!(waits.join().unwrap(), WHY);
        goes.join().unwrap();
    });
}

#[test]
fn of_two_reasons_one_is_everybodys() {
    explore("a token with two reasons", 4, || {
        let token = CancelToken::new();
        let child = token.child();
        let first = token.clone();
        let thread = thread::spawn(move || first.cancel_with("first"));
        token.cancel_with("second");
        thread.join().unwrap();
        assert!(token.reason().is_some());
        assert_eq!(child.reason(), token.reason());
    });
}

#[test]
fn a_task_that_asks_for_its_token_as_it_is_cancelled_hears_of_it() {
    explore("a task's token and its cancellation", 4, || {
        let scope = State::new(Options::default());
        let frame = Frame::unbound(scope.body_info(), scope, Role::Ordinary);
        let task = frame.clone();
        let asks = thread::spawn(move || block_on(task.token().cancelled()));
        frame.cancel(WHY);
        assert_eq!(asks.join().unwrap(), WHY);
        frame.scope.end();
    });
}

#[test]
fn who_asks_for_a_scopes_token_as_it_ends_hears_of_the_end() {
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
