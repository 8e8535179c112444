#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod executor;
mod global;
mod sleep;

pub use executor::SmolExecutor;
pub use global::Smol;
