//! Real servers and clients on the loopback interface: axum, tonic, and hyper on smol. What happened is counted.
//!
//! `PURVIEW_DISCONNECTS` says how many clients leave; 100 by default.
#![forbid(unsafe_code)]

mod chain;
#[path = "../../examples/chain/counts.rs"]
mod counts;
mod disconnects;
mod examples;
#[path = "../../examples/chain/hop.rs"]
mod hop;
mod many;
mod not_reading;
mod on_smol;
mod under_load;
