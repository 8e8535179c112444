//! The slot in which a child's result waits for its task to be awaited.

use std::{future::poll_fn, panic::Location, sync::Arc, task::Poll};

use loom::{future::block_on, thread};

use super::explore::explore;
use crate::{
    scope::slot::{JoinSlot, Take},
    tree::{ScopeNode, ScopeOptions},
};

fn slot<J>() -> Arc<JoinSlot<J>> {
    let scope = ScopeNode::new(ScopeOptions::default());
    JoinSlot::new(scope.clone(), scope.body_info().id(), 1, Location::caller(), None)
}

fn take<J>(slot: &JoinSlot<J>) -> Option<J> {
    block_on(poll_fn(|cx| match slot.poll(cx) {
        Take::Value(value) => Poll::Ready(Some(value)),
        Take::Never => Poll::Ready(None),
        Take::NotYet => Poll::Pending,
        Take::Taken => panic!("it was taken twice"),
    }))
}

#[test]
fn a_wait_is_woken_with_the_value() {
    explore("the task's slot", 5, || {
        let slot = slot();
        let fills = slot.clone();
        let thread = thread::spawn(move || fills.fill(Some(7)));
        assert_eq!(take(&slot), Some(7));
        thread.join().unwrap();
    });
}

#[test]
fn a_wait_is_woken_where_there_is_no_value() {
    explore("the task's slot, without a value", 5, || {
        let slot = slot::<u8>();
        let fills = slot.clone();
        let thread = thread::spawn(move || fills.fill(None));
        assert_eq!(take(&slot), None);
        thread.join().unwrap();
    });
}

/// The policy takes back what was not taken, and may leave something else.
#[test]
fn a_value_that_is_taken_back_meanwhile_is_not_missed() {
    explore("the task's slot, reclaimed", 5, || {
        let slot = slot();
        let fills = slot.clone();
        let thread = thread::spawn(move || {
            fills.fill(Some(7));
            fills.reclaim(|_| Some(8));
        });
        assert!(matches!(take(&slot), Some(7 | 8)));
        thread.join().unwrap();
    });
}
