//! Handles may spawn from any thread while the driver hands out places: no child is forgotten in the line.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    thread,
};

use purview::settled;
use purview_tests::on_every_runtime;

const THREADS: usize = 3;
const EACH: usize = 10_000;

/// The queue is kept short, so that places come free while a child is about to join it.
async fn every_child_gets_its_turn() {
    let done = Arc::new(AtomicUsize::new(0));
    let (s, driver) = settled::<()>().limit(1).open();
    let spawners: Vec<_> = (0..THREADS)
        .map(|_| {
            let (s, done) = (s.clone(), done.clone());
            thread::spawn(move || {
                for _ in 0..EACH {
                    while s.len() > THREADS {
                        thread::yield_now();
                    }
                    let done = done.clone();
                    s.spawn(async move {
                        done.fetch_add(1, SeqCst);
                        Ok(())
                    });
                }
            })
        })
        .collect();
    drop(s);
    assert!(driver.await.is_ok());
    for spawner in spawners {
        spawner.join().expect("it only spawns");
    }
    assert_eq!(done.load(SeqCst), THREADS * EACH);
}

on_every_runtime!(every_child_gets_its_turn);
