//! What a scope needs of an executor: a clock, and somewhere to run work that must be parallel.
//!
//! A scope drives its children inside the task that awaits it, so it needs no executor to run. It needs a [`Timer`]
//! for deadlines, and a [`Spawner`] for children that must run in parallel or may block. [`Runtime`] is both.
//!
//! Which runtime serves a scope: the one given with `.runtime(..)`; else the enclosing scope's; else the one the
//! facade crate selected by its features; else [`Embedded`], which keeps time with a helper thread and runs parallel
//! children in the scope's own task.
//!
//! [`Instant`] is the type of a clock's instants: the standard library's, and `web_time`'s on `wasm32-unknown-unknown`,
//! where the standard library has no clock.

mod choose;
mod embedded;
mod pool;
mod timer;
mod traits;

pub use crate::{
    ops::{current, current_or},
    time::Instant,
};
pub(crate) use choose::{InstalledRuntime, install, installed, outside_scopes};
pub use embedded::Embedded;
pub(crate) use pool::{DROPPED_BY_THE_RUNTIME, PoolJob, PoolStage, give_to_pool};
pub(crate) use timer::OneTimer;
pub use traits::{BoxFuture, Runtime, RuntimeChoice, SpawnError, Spawner, Timer};
