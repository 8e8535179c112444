//! What can go wrong around a scope, one class of faults per file, each scenario on each of six runtimes.
//!
//! A cell is green when the process goes on, no wait lasts for ever, every value that was made has been dropped at the end, and
//! every result arrived exactly once.
#![forbid(unsafe_code)]
#![expect(
    clippy::needless_pass_by_value,
    reason = "each scenario is handed its runtime, whatever it does with it"
)]

#[macro_use]
mod grid;

mod bomb;
mod faulty;
mod host;
mod live;
mod meddle;
mod site;
mod wakers;

mod clock_jumps;
mod executor_dropped;
mod forgotten;
mod handles_after_the_end;
mod panic_in_a_policy;
mod panic_in_a_runtime;
mod panic_in_a_wakers_clone;
mod panic_in_a_wakers_drop;
mod panic_in_a_wakers_wake;
mod panic_in_drop;
mod panic_in_poll;
mod panic_in_the_drop_of_a_payload;
mod panic_in_the_drop_of_an_output;
mod reentrance_from_a_policy;
mod reentrance_from_a_waker;
mod reentrance_from_drop;
mod reentrance_from_poll;
mod runtime_shut_down;
mod spawn_refused;
mod storm_of_wakers;
mod timer_fires_early;
mod timer_never_fires;
mod wakers_after_the_end;
mod what_awaits_a_guest_is_dropped;
mod worker_panics;

grid![
    panic_in_poll,
    panic_in_drop,
    panic_in_the_drop_of_an_output,
    panic_in_the_drop_of_a_payload,
    panic_in_a_wakers_clone,
    panic_in_a_wakers_wake,
    panic_in_a_wakers_drop,
    panic_in_a_policy,
    panic_in_a_runtime,
    storm_of_wakers,
    wakers_after_the_end,
    executor_dropped,
    spawn_refused,
    runtime_shut_down,
    timer_never_fires,
    timer_fires_early,
    clock_jumps,
    forgotten,
    handles_after_the_end,
    reentrance_from_poll,
    reentrance_from_drop,
    reentrance_from_a_waker,
    reentrance_from_a_policy,
    worker_panics,
    what_awaits_a_guest_is_dropped,
];
