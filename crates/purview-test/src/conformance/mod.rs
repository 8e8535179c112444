//! The tests that a runtime must pass, and how to write one.
//!
//! # A runtime in a hundred lines
//!
//! A scope runs its children itself. From a runtime it needs three things: a clock with timers, somewhere to run futures that
//! must be parallel, and somewhere to run closures that may block. This is all of an adapter for `async-executor`,
//! `async-io` and `blocking`; it is `examples/own_runtime.rs` in this crate.
//!
//! ```no_run
#![doc = include_str!("../../examples/own_runtime.rs")]
//! ```
//!
//! ## Step 1: the clock
//!
//! [`Timer::now`](purview_core::Timer::now) and [`sleep_until`](purview_core::Timer::sleep_until) must use one clock.
//! If yours can be paused, return its time, not `Instant::now()`. Then:
//! - a timer is never early by that clock, and one for an instant that has passed is ready at its first poll;
//! - it can be made and polled on any thread. If your timers need a context, keep a handle and enter it;
//! - an instant a thousand years from now is an ordinary one: cap the delay if your timers overflow;
//! - dropping it releases the timer and the waker.
//!
//! ## Step 2: the executor
//!
//! [`spawn`](purview_core::Spawner::spawn) runs a future to its end, and returns no handle of it: detach it. It neither
//! polls the future nor waits for a poll: its caller may hold what the future needs. A future that panics must not
//! take a thread with it, and is dropped, not polled again; Purview catches the panics of its children, but others may use
//! your adapter. Without an executor, or after it was shut down, return a [`SpawnError`](purview_core::SpawnError) and drop
//! the future: the scope then runs the child in its own task.
//! [`spawn_blocking`](purview_core::Spawner::spawn_blocking) never runs the closure in the caller.
//!
//! ## Step 3: scopes on it
//!
//! Pass it with `.runtime(..)`; scopes inside inherit it.
//!
//! ## Step 4: the suite
//!
//! One line, [`conformance!`](crate::conformance!), in a test file. Its tests sleep some milliseconds at most, and none
//! depends on how fast the machine is. One that has not ended after 20 seconds fails, with what it waited for.

mod blocking;
mod case;
mod given;
mod macros;
mod polls;
mod scopes;
mod signal;
mod spawner;
mod timer;
mod watch;

#[doc(hidden)]
pub mod tests {
    pub use super::{blocking::*, polls::*, scopes::*, spawner::*, timer::*};
}

pub use case::park;
#[doc(hidden)]
pub use case::{Case, Refuses, Test, check, check_within};
