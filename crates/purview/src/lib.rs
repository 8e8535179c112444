#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

mod block_on;
mod blocking;
pub mod gather;
mod retry;
pub mod runtime;
mod scopes;
mod select;
mod stream;
mod time;

#[doc(inline)]
pub use purview_core::*;

pub use block_on::block_on;
pub use blocking::spawn_blocking;
#[doc(inline)]
pub use gather::{gather, gather_stream, try_gather};
pub use retry::retry;
#[cfg(feature = "async-std")]
#[cfg_attr(docsrs, doc(cfg(feature = "async-std")))]
#[doc(inline)]
pub use runtime::AsyncStd;
#[doc(inline)]
pub use runtime::Embedded;
#[cfg(feature = "smol")]
#[cfg_attr(docsrs, doc(cfg(feature = "smol")))]
#[doc(inline)]
pub use runtime::Smol;
#[cfg(feature = "tokio")]
#[cfg_attr(docsrs, doc(cfg(feature = "tokio")))]
#[doc(inline)]
pub use runtime::Tokio;
pub use scopes::{fail_fast, local_scope, scope, settled, try_local_scope, try_scope, with_policy};
pub use stream::stream;
pub use time::{sleep, sleep_until, timeout, timeout_at};

/// What `gather!` expands to.
#[doc(hidden)]
pub mod __private {
    pub use crate::select::select;
}
