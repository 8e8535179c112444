//! The types of the clock. `std`'s cannot be made on `wasm32-unknown-unknown`, where `web-time` reads the host's clock.

pub(crate) use std::time::Duration;
#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
pub use std::time::Instant;
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
pub use web_time::Instant;
