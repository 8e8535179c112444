//! The counts of what keeps a task from being dropped at once, when they change on another thread than that which polls.

use std::{
    future::{pending, poll_fn},
    sync::Arc,
};

use loom::{future::block_on, thread};

use super::{explore::explore, on_threads::OnThreads};
use crate::{
    CancelReason, Settled,
    context::{Frame, Role},
    scope::{Options, State, desk::Desk, kind::AnyChild},
};

/// The thread that lets go looks whether the child is being polled, and leaves it to the thread that polls. That one in
/// turn looks whether the child is still held. One of them has to see.
#[test]
fn a_hold_let_go_on_another_thread_is_seen() {
    explore("a hold let go on another thread", 5, || {
        let (open, driver) = OnThreads::default().open();
        drop(open.spawn(pending::<Result<(), ()>>()));
        let mut child = open.shared.take_children().pop().expect("spawned just now");
        let (frame, desk) = (child.get().frame().clone(), Desk::new(Settled::<()>::new()));
        frame.hold(false);
        let holder = frame.clone();
        let lets_go = thread::spawn(move || holder.let_go(false));
        frame.cancel(CancelReason::Requested(None));
        block_on(poll_fn(|cx| {
            frame.set_place(cx.waker());
            child.pinned().poll(cx, &desk).map(|_| ())
        }));
        lets_go.join().unwrap();
        frame.end();
        drop((child, driver));
    });
}

/// A scope that is first polled inside a task, while another thread does something to it.
fn opened_while(
    name: &str,
    meanwhile: impl Fn(&State) + Copy + Send + Sync + 'static,
    then: impl Fn(&State, &Frame) + Send + Sync + 'static,
) {
    explore(name, 5, move || {
        let outer = State::new(Options::default());
        let frame = Frame::unbound(outer.body_info(), outer.clone(), Role::Ordinary);
        let inner = State::new(Options {
            runtime: Some(Arc::new(OnThreads::default())),
            ..Options::default()
        });
        let handle = inner.clone();
        let thread = thread::spawn(move || meanwhile(&handle));
        frame.run(|| inner.open());
        thread.join().unwrap();
        then(&inner, &frame);
    });
}

#[test]
fn a_finalizer_given_in_the_first_poll_holds_the_task_around_once() {
    opened_while("a hold and the first poll", State::hold, |inner, frame| {
        assert!(frame.holds(), "it holds nobody");
        inner.let_go();
        assert!(!frame.holds(), "it held twice");
    });
}

#[test]
fn one_that_is_gone_by_then_holds_nobody() {
    let comes_and_goes = |inner: &State| {
        inner.hold();
        inner.let_go();
    };
    opened_while(
        "a hold that comes and goes in the first poll",
        comes_and_goes,
        |inner, frame| {
            assert!(!frame.holds(), "it holds still");
            inner.hold();
            assert!(frame.holds(), "it was let go twice");
        },
    );
}
