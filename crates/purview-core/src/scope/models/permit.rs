//! The places that a limit gives, and the waits for one.

use std::{future::poll_fn, pin::pin, task::Poll};

use loom::{future::block_on, thread};

use super::{explore::explore, on_threads::OnThreads};
use crate::settled;

#[test]
fn a_place_given_back_wakes_the_wait_for_it() {
    explore("a permit and a wait for it", 3, || {
        let (open, driver) = settled::<()>().runtime(OnThreads::default()).limit(1).open();
        let first = block_on(open.permit());
        let gives_back = thread::spawn(move || drop(first));
        drop(block_on(open.permit()));
        gives_back.join().unwrap();
        drop((driver, open));
    });
}

#[test]
fn a_place_given_to_a_wait_that_is_dropped_is_passed_on() {
    explore("a permit and a wait that is dropped", 3, || {
        let (open, driver) = settled::<()>().runtime(OnThreads::default()).limit(1).open();
        let (first, other) = (block_on(open.permit()), open.clone());
        let gives_back = thread::spawn(move || drop(first));
        let drops = thread::spawn(move || {
            let mut permit = pin!(other.permit());
            block_on(poll_fn(|cx| {
                let _ = permit.as_mut().poll(cx);
                Poll::Ready(())
            }));
        });
        drop(block_on(open.permit()));
        gives_back.join().unwrap();
        drops.join().unwrap();
        drop((driver, open));
    });
}
