//! Programs on Purview that do something: [`probe`], [`crawl`], [`serve`], [`mapreduce`], each a binary of this crate.
//!
//! This crate is not published. What the programs share is here: their flags and exit codes.and exit codes.
//!
//! [`probe`]: https://github.com/purview-rs/purview/tree/main/crates/purview-examples/src/bin/probe
//! [`crawl`]: https://github.com/purview-rs/purview/tree/main/crates/purview-examples/src/bin/crawl
//! [`serve`]: https://github.com/purview-rs/purview/tree/main/crates/purview-examples/src/bin/serve
//! [`mapreduce`]: https://github.com/purview-rs/purview/blob/main/crates/purview-examples/src/bin/mapreduce.rs
#![forbid(unsafe_code)]

pub mod cli;
