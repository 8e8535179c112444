//! The layer of a client: what is left of the deadline goes along with the request.

mod error;
mod future;
mod service;

pub use self::{
    error::CallError,
    future::CallFuture,
    service::{Client, client},
};
