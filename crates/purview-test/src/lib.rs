#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

pub mod conformance;
mod explore;
mod run;
mod runtime;

pub use explore::{Jitter, Seeds, YieldNow, explore, jitter, replay, yield_now};
pub use run::run;
pub use runtime::{Idle, Stalled, VirtualRuntime};

/// The listings of the page "testing concurrent code".
#[cfg(doctest)]
#[doc = include_str!("../../../docs/src/testing.md")]
struct TestingPage;
