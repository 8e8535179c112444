#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

pub mod conformance;
mod explore;
mod run;
mod runtime;

pub use explore::{Jitter, Seeds, YieldNow, explore, jitter, replay, yield_now};
pub use run::run;
pub use runtime::{Idle, Stalled, VirtualRuntime};
