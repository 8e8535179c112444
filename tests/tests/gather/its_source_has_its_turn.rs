//! Futures that use up every pass do not keep those that are yet to come from starting.

use std::future::pending;

use futures::{FutureExt, StreamExt, stream};
use purview::gather_stream;
use purview_tests::{Gate, Log, by_hand, polled_on_every_runtime, yield_now};

/// More of them than one pass polls.
const MANY: usize = 300;
/// In so many passes each of them has been polled several times.
const PASSES: usize = 30;

fn though_one_of_them_wakes_all_the_others_whenever_it_is_polled() {
    let (gate, all, log) = (Gate::new(), Gate::new(), Log::new());
    let wakes = async {
        loop {
            all.wake();
            yield_now().await;
        }
    };
    let wakes = stream::once(std::future::ready(wakes.boxed_local()));
    let woken = stream::iter((0..MANY).map(|_| all.wait().map(Ok::<_, ()>).boxed_local()));
    let late = stream::once(gate.wait().map(|()| log.traced("late", pending()).boxed_local()));
    let mut run = by_hand(gather_stream(wakes.chain(woken).chain(late)).limit(MANY + 2));
    (0..PASSES).for_each(|_| assert!(run.poll().is_pending()));
    gate.open();
    (0..PASSES).for_each(|_| assert!(run.poll().is_pending()));
    assert_eq!(log.entries(), ["late polled"]);
}

polled_on_every_runtime!(though_one_of_them_wakes_all_the_others_whenever_it_is_polled);
