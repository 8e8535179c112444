//! `checkpoint` lets every sibling that is ready run once, however many there are.

use std::sync::atomic::{AtomicUsize, Ordering};

use purview_core::{block_on, checkpoint, scope};

#[test]
fn a_checkpoint_of_the_body_lets_a_thousand_siblings_start() {
    let started = AtomicUsize::new(0);
    let seen = block_on(scope(async |s| {
        for _ in 0..1_000 {
            s.spawn(async {
                started.fetch_add(1, Ordering::Relaxed);
                std::future::pending::<()>().await;
            });
        }
        checkpoint().await;
        let seen = started.load(Ordering::Relaxed);
        s.cancel();
        seen
    }));
    assert_eq!(seen, 1_000);
}

#[test]
fn children_that_are_always_ready_do_not_keep_the_body_from_its_turn() {
    let turns = block_on(scope(async |s| {
        for _ in 0..300 {
            s.spawn(async {
                loop {
                    checkpoint().await;
                }
            });
        }
        for _ in 0..100 {
            checkpoint().await;
        }
        s.cancel();
        100
    }));
    assert_eq!(turns, 100);
}
