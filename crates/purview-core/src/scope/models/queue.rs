//! The queue of children from the handles to the driver, and the wake-up that goes with it.

use std::{future::poll_fn, task::Poll};

use loom::{future::block_on, thread};

use super::{explore::explore, on_threads::OnThreads};
use crate::wake::part;

#[test]
fn a_child_that_comes_while_the_driver_looks_wakes_it() {
    explore("the queue and its waker", 4, || {
        let (open, driver) = OnThreads::default().open();
        let spawners = [1, 2].map(|i| {
            let open = open.clone();
            thread::spawn(move || drop(open.spawn(async move { Ok(i) })))
        });
        let (shared, mut taken) = (&open.shared, Vec::new());
        // What the driver does with its queue, without what it does with the children.
        block_on(poll_fn(|cx| {
            let signal = shared.node.signal();
            signal.begin(cx.waker());
            if signal.take(part::QUEUE) {
                let mut children = Vec::new();
                shared.take_children(&mut children);
                taken.extend(children);
            }
            signal.end();
            if taken.len() == 2 {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        }));
        for spawner in spawners {
            spawner.join().unwrap();
        }
        drop((taken, driver));
    });
}

#[test]
fn a_child_is_taken_in_or_refused_and_nothing_between() {
    explore("the queue and its end", 3, || {
        let (open, driver) = OnThreads::default().open();
        let handle = open.clone();
        let spawner = thread::spawn(move || handle.try_spawn(async { Ok(()) }).is_ok());
        let mut taken = 0;
        loop {
            let mut children = Vec::new();
            open.shared.take_children(&mut children);
            taken += children.len();
            if open.shared.close_if_empty() {
                break;
            }
        }
        let accepted = spawner.join().unwrap();
        assert_eq!(
            taken,
            usize::from(accepted),
            "a child is in a queue that is not looked into any more"
        );
        drop(driver);
    });
}
