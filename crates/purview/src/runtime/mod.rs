//! What a scope needs from an executor, and the executors that come with Purview.
//!
//! A scope drives its children in the task that awaits it, so it runs on every executor, including those that Purview
//! does not know. It needs a [`Timer`] for deadlines, and a [`Spawner`] for children that run in parallel or block.
//! [`Runtime`] is both.
//!
//! # Which one serves a scope
//!
//! 1. the one given with `.runtime(..)`;
//! 2. else that of the scope around it;
//! 3. else, of the features that are on, the first of: tokio, where a tokio context is current; smol; async-std;
//! 4. else [`Embedded`].
//!
//! The feature `tokio` therefore changes nothing outside a tokio runtime, and no feature changes a scope that names its
//! runtime.
//!
//! | feature | runtime | clock and timers | parallel children | blocking children |
//! |---|---|---|---|---|
//! | `tokio` | `Tokio` | tokio's, paused or not | the current tokio runtime | its blocking pool |
//! | `smol` | `Smol` | async-io's | smol's global executor | the `blocking` crate's pool |
//! | `async-std` | `AsyncStd` | async-io's | async-std's executor | the `blocking` crate's pool |
//! | none | [`Embedded`] | `futures-timer`'s | in the scope's own task | the `blocking` crate's pool (feature `blocking`, on by default) |
//!
//! On `wasm32-unknown-unknown` [`Embedded`] uses the host's clock and `setTimeout`, and has no threads. [`Instant`] is the
//! type of a clock's instants on every target: the standard library's, and `web_time`'s there.
//!
//! ```
//! # #[cfg(not(feature = "blocking"))] fn main() {}
//! # #[cfg(feature = "blocking")] fn main() { purview::block_on(async {
//! use purview::runtime::Embedded;
//!
//! let answer = purview::fail_fast::<std::io::Error>()
//!     .runtime(Embedded)
//!     .run(async |s| Ok(s.spawn_blocking(|_| Ok(42)).await))
//!     .await;
//! assert_eq!(answer.unwrap(), 42);
//! # }) }
//! ```

mod current;
#[cfg(all(feature = "blocking", not(target_family = "wasm")))]
mod embedded;

#[doc(inline)]
pub use purview_core::runtime::*;

pub use crate::block_on::block_on;
pub use current::current;
#[cfg(all(feature = "blocking", not(target_family = "wasm")))]
pub use embedded::Embedded;
#[cfg(feature = "async-std")]
#[cfg_attr(docsrs, doc(cfg(feature = "async-std")))]
pub use purview_async_std::AsyncStd;
#[cfg(feature = "smol")]
#[cfg_attr(docsrs, doc(cfg(feature = "smol")))]
pub use purview_smol::{Smol, SmolExecutor};
#[cfg(feature = "tokio")]
#[cfg_attr(docsrs, doc(cfg(feature = "tokio")))]
pub use purview_tokio::Tokio;
