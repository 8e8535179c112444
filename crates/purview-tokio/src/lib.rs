#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod clock;
mod runtime;
mod sleep;

pub use runtime::Tokio;
