//! A service: a scope that stays open, and is given something to do a hundred times a second.

use std::future::pending;

use futures::FutureExt;
use purview_tests::{AnyRuntime, yields};

use crate::{
    phase::{Open, tick},
    scale::TICK,
};

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
        0 => drop(open.spawn(purview::sleep(TICK * 3).map(Ok))),
        1 => drop(open.spawn_parallel(yields(3).map(Ok))),
        2 => open.spawn(pending::<Result<(), ()>>()).cancel(),
        3 => {
            let inside = purview::scope(async |s| {
                s.spawn(yields(1));
                s.spawn(yields(2)).await;
            });
            drop(open.spawn(inside.map(Ok)));
        }
        // Failures are given to what awaits the tasks, and are not kept.
        4 => {
            let failing = open.spawn(yields(1).map(Err::<(), _>));
            drop(open.spawn(failing.map(|end| end.map_or(Ok(()), |()| panic!("it fails")))));
        }
        5 => {
            let never = purview::timeout(TICK, pending::<()>());
            drop(open.spawn(never.map(|end| end.map_or(Ok(()), |()| panic!("it waits for ever")))));
        }
        _ => drop(open.spawn(yields(1).map(Ok))),
    }
}
