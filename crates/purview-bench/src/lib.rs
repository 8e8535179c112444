//! Purview measured beside its peers: the loads, and what carries them.
//!
//! A [`Peer`] runs `n` children and adds up what they give; a load says what a child does. The bench `peers` times
//! every [group](Group) of them, load by load, on every peer. The programs `run` and `count` do one [key load](key) once, so that instructions and
//! allocations can be counted.
#![forbid(unsafe_code)]

mod baton;
mod child;
mod executor;
pub mod held;
pub mod key;
pub mod loads;
mod peer;
pub mod peers;

pub use baton::{Batons, Passed};
pub use child::{YieldNow, count_poll, polls, ready, sized, sum_of, yield_now, yields};
#[cfg(feature = "peers")]
pub use executor::many_threads;
pub use executor::one_thread;
pub use loads::{Case, Group};
pub use peer::{FailFast, Peer};
