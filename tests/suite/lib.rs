//! What the tests of Purview are written with.
//!
//! A promise is written once and tested on every runtime ([`on_every_runtime!`] and its siblings). No test waits for
//! time to pass: futures are woken by hand ([`Gate`]), time is advanced by hand ([`TestClock`]), and what a scope did
//! is read from counted polls ([`PollCount`]) and a written order of events ([`Log`]).
#![forbid(unsafe_code)]

#[cfg(doctest)]
mod book;
mod by_hand;
mod calling_waker;
mod clock;
mod destructors;
mod gate;
mod hand_executor;
mod hostile_wakers;
mod log;
mod panics;
mod polls;
mod runtimes;
mod yielding;

pub use by_hand::{ByHand, by_hand};
pub use calling_waker::calling_waker;
pub use clock::TestClock;
pub use destructors::{CallsOnDrop, PanicsOnDrop};
pub use gate::{Gate, Wait};
pub use hand_executor::HandExecutor;
pub use hostile_wakers::{Trap, hostile_waker};
pub use log::{Log, NotesDrop, Traced};
pub use panics::{Caught, caught, message_of};
pub use polls::{Counted, PollCount, poll_once};
pub use runtimes::{
    AnyRuntime, async_std, embedded, smol, tokio_current_thread, tokio_multi_thread, tokio_multi_thread_local,
    tokio_paused, tokio_without_time, virtual_time, watched,
};
pub use yielding::{Yields, yield_now, yields};
