//! core
pub mod runtime;
pub use runtime::{BoxFuture, Embedded, Runtime, RuntimeChoice, SpawnError, Spawner, Timer};
