//! A gather that used up its steps on the futures it had just started forgot that its source had more.

use std::future::{pending, ready};

use futures::{StreamExt, stream};
use purview::gather_stream;
use purview_tests::{Gate, PollCount, by_hand, polled_on_every_runtime};

/// So many were there before: woken together, and with two of them ending, they take 64 steps.
const EARLIER: usize = 62;
/// So many come late, 32 at a time.
const LATER: usize = 100;

fn also_when_those_it_gave_used_up_the_steps() {
    let gates: Vec<_> = (0..EARLIER).map(|_| Gate::new()).collect();
    let (source, polls) = (Gate::new(), PollCount::new());
    let pause = stream::once(source.wait()).filter_map(|()| ready(None));
    let numbers = stream::iter(0..EARLIER)
        .chain(pause)
        .chain(stream::iter(EARLIER..EARLIER + LATER));
    let mut set = by_hand(gather_stream(numbers.map(async |n| {
        if let Some(gate) = gates.get(n) {
            gate.wait().await;
            if n == EARLIER - 1 {
                source.open();
            }
        } else {
            polls.of(pending::<()>()).await;
        }
        Ok::<_, ()>(())
    })));
    assert!(set.poll_until_idle().is_pending());
    for (n, gate) in gates.iter().enumerate() {
        // Never 32 in a row that come to nothing: after those a pass ends.
        if n == 31 || n == EARLIER - 1 {
            gate.open();
        } else {
            gate.wake();
        }
    }
    assert!(set.poll_until_idle().is_pending());
    assert_eq!(polls.get(), LATER);
}

polled_on_every_runtime!(also_when_those_it_gave_used_up_the_steps);
