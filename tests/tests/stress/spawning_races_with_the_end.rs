//! Threads spawn into an open scope while another closes, cancels or drops it: each child is taken or refused, and its
//! task says which.

use std::{
    sync::{Arc, Barrier},
    thread,
    time::Duration,
};

use purview::{Scope, Settled, block_on, settled};

use crate::{ledger::Ledger, meter::on_its_own, scale::races};

const THREADS: usize = 2;
/// So many children each thread spawns into one scope.
const EACH: usize = 20;

fn race(end: impl Fn(Scope<'static, Settled<()>>) + Send + Sync + 'static, drop_driver: bool) {
    let _alone = on_its_own();
    let (end, ledger) = (Arc::new(end), Ledger::default());
    let rounds = races() / (THREADS * EACH);
    for round in 0..rounds {
        let (open, driver) = settled::<()>().open();
        let start = Arc::new(Barrier::new(THREADS + 2));
        let spawners: Vec<_> = (0..THREADS)
            .map(|t| {
                let (handle, start, ledger) = (open.clone(), start.clone(), ledger.clone());
                thread::spawn(move || {
                    start.wait();
                    let tasks: Vec<_> = (0..EACH)
                        .map(|i| {
                            let child = ledger.child(i % 3, t * EACH + i);
                            if i % 2 == 0 {
                                Some(handle.spawn(child))
                            } else {
                                handle.try_spawn(child).ok()
                            }
                        })
                        .collect();
                    drop(handle);
                    // Whatever becomes of them, all of them resolve.
                    let ends = tasks.into_iter().map(|task| block_on(task?).ok());
                    ends.enumerate()
                        .filter(|(i, end)| end.is_none_or(|value| value == t * EACH + i))
                        .count()
                })
            })
            .collect();
        let ends = {
            let (end, start) = (end.clone(), start.clone());
            thread::spawn(move || {
                start.wait();
                end(open);
            })
        };
        start.wait();
        if drop_driver && round % 2 == 0 {
            drop(driver);
        } else {
            block_on(driver).expect("no body to fail");
        }
        let resolved: usize = spawners
            .into_iter()
            .map(|thread| thread.join().expect("a spawner"))
            .sum();
        ends.join().expect("the thread that ends it");
        assert_eq!(resolved, THREADS * EACH);
        assert_eq!(
            ledger.dropped(),
            (round + 1) * THREADS * EACH,
            "each child is dropped once"
        );
    }
}

#[test]
fn that_closes_it() {
    race(|open| open.close(), false);
}

#[test]
fn that_drops_the_last_handle() {
    race(drop, false);
}

#[test]
fn that_cancels_it() {
    race(|open| open.cancel(), false);
}

#[test]
fn that_shuts_it_down() {
    race(
        |open| {
            block_on(open.shutdown(Duration::ZERO));
        },
        false,
    );
}

#[test]
fn that_drops_the_driver() {
    race(|open| open.close(), true);
}
