//! Which runtime serves a scope: the one given, else the enclosing scope's, else the one the features select.

#[cfg(feature = "async-std")]
mod async_std;
mod elsewhere;
mod precedence;
mod recorder;
#[cfg(feature = "tokio")]
mod tokio_context;
#[cfg(feature = "tokio")]
mod tokio_without_time;
