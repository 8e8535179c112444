//! What threads share: the standard library's, or loom's where a model of it runs (`ci/loom.sh`).
//!
//! `Arc` is the standard library's in both: loom looks at what is done to a value, not at how long it lives.

mod exclusive;
#[cfg(loom)]
mod local;
#[cfg(loom)]
mod once;

pub(crate) use self::exclusive::Exclusive;
#[cfg(not(loom))]
pub(crate) use std::{
    sync::{Mutex, MutexGuard, OnceLock, atomic},
    thread, thread_local,
};

#[cfg(loom)]
pub(crate) use self::{
    local::{LocalCell, thread_local},
    once::OnceLock,
};
#[cfg(loom)]
pub(crate) use loom::{
    sync::{Mutex, MutexGuard, atomic},
    thread,
};
