//! The counter of the handles of an open scope, and the driver that sleeps while there are some.

use std::time::Duration;

use loom::{future::block_on, thread};

use super::{explore::explore, fate::Fate, on_threads::OnThreads};

#[test]
fn the_last_of_two_handles_ends_it() {
    explore("the counter of handles", 3, || {
        let (open, driver) = OnThreads::default().open();
        let other = open.clone();
        let threads = [open, other].map(|handle| thread::spawn(move || drop(handle)));
        assert!(block_on(driver).is_ok());
        for thread in threads {
            thread.join().unwrap();
        }
    });
}

#[test]
fn a_child_spawned_with_the_last_handle_runs() {
    explore("spawning with the last handle", 2, || {
        let fate = Fate::default();
        let (open, driver) = OnThreads::default().open();
        let spawned = fate.clone();
        let thread = thread::spawn(move || {
            let task = open.spawn(spawned.turns(0));
            drop(open);
            block_on(task).ok()
        });
        assert!(block_on(driver).is_ok());
        assert_eq!(thread.join().unwrap(), Some(7));
        assert_eq!((fate.polls(), fate.drops()), (1, 1));
    });
}

#[test]
fn a_child_spawned_as_it_closes_resolves() {
    explore("spawning while it closes", 1, || {
        let fate = Fate::default();
        let (open, driver) = OnThreads::default().open();
        let (handle, spawned) = (open.clone(), fate.clone());
        let spawner = thread::spawn(move || block_on(handle.spawn(spawned.turns(0))).ok());
        let closer = thread::spawn(move || open.close());
        assert!(block_on(driver).is_ok());
        closer.join().unwrap();
        let value = spawner.join().unwrap();
        assert_eq!((fate.drops(), fate.polls()), (1, usize::from(value.is_some())));
    });
}

/// As `shutdown` waits for it, and a task that can never yield.
#[test]
fn a_wait_for_its_end_is_woken() {
    explore("an open scope and a wait for its end", 1, || {
        let (open, driver) = OnThreads::default().open();
        let handle = open.clone();
        let waits = thread::spawn(move || block_on(handle.shutdown(Duration::ZERO)));
        assert!(block_on(driver).is_ok());
        assert!(waits.join().unwrap().cut.is_empty());
        drop(open);
    });
}
