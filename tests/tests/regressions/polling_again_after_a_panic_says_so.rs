//! A scope that had resumed a panic of a child was pending for ever when it was polled again.

use std::{
    ops::ControlFlow,
    panic::{AssertUnwindSafe, catch_unwind},
};

use purview::{CancelReason, End, Policy, TaskInfo, with_policy};
use purview_tests::{by_hand, message_of};

struct Refuses;

impl Policy for Refuses {
    type Child<T> = T;
    type Joined<T> = T;
    type Output<R> = Option<R>;

    fn child_ended<T>(&mut self, _: &TaskInfo, _: End<T>) -> (Option<T>, ControlFlow<()>) {
        panic!("not that one")
    }

    fn body_ended<R>(&mut self, _: End<R>) -> (Option<R>, ControlFlow<()>) {
        (None, ControlFlow::Continue(()))
    }

    fn finish<R>(self, body: Option<R>, _: Option<CancelReason>) -> Option<R> {
        body
    }
}

#[test]
fn of_the_policy() {
    let mut run = by_hand(with_policy(Refuses).run(async |s| {
        s.spawn(async {});
    }));
    let mut poll = || {
        let polled = catch_unwind(AssertUnwindSafe(|| run.poll()));
        message_of(&*polled.expect_err("it panics"))
    };
    assert_eq!(poll(), "not that one");
    assert_eq!(poll(), "a scope must not be polled after it has resolved");
}
