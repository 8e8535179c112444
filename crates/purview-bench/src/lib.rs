//! Purview measured beside its peers: what the programs in `benches/` have in common.
//!
//! Absolute times say more about a machine than about a crate, and change from one minute to the next where others use
//! it too. So both sides of a comparison run in turns, and what is reported is the median of the ratios of these turns.
#![forbid(unsafe_code)]

mod table;
mod turns;

pub use table::Table;
pub use turns::{Turns, turns};
