//! A service: a scope that stays open, and is given something to do a hundred times a second.

use std::future::pending;

use purview_tests::{AnyRuntime, yields};

use crate::phase::{Open, tick};

/// So many children at each tick; few enough that five runtimes can be measured side by side on two cores.
const EACH: usize = 48;

pub(crate) async fn under_load(open: Open, runtime: AnyRuntime, ticks: usize) {
    for _ in 0..ticks {
        for i in 0..EACH {
            request(&open, i);
        }
        tick(&runtime).await;
    }
    while !open.is_empty() {
        tick(&runtime).await;
    }
}

fn request(open: &Open, i: usize) {
    match i % 8 {
        0 => drop(open.spawn(async { Ok(purview::sleep(crate::scale::TICK * 3).await) })),
        1 => drop(open.spawn_parallel(async { Ok(yields(3).await) })),
        2 => open.spawn(pending::<Result<(), ()>>()).cancel(),
        3 => {
            let inside = purview::scope(async |s| {
                s.spawn(yields(1));
                s.spawn(yields(2)).await;
            });
            drop(open.spawn(async { Ok(inside.await) }));
        }
        // Failures are told to who awaits them, and are not kept.
        4 => {
            let failing = open.spawn(async { Err::<(), _>(yields(1).await) });
            drop(open.spawn(async { Ok(assert!(failing.await.is_err())) }));
        }
        5 => {
            let never = purview::timeout(crate::scale::TICK, pending::<()>());
            drop(open.spawn(async { Ok(assert!(never.await.is_err())) }));
        }
        _ => drop(open.spawn(async { Ok(yields(1).await) })),
    }
}
