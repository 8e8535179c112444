//! The layer of a server: each request is a member of the service's scope.

mod answer;
mod caller;
mod exchange;
mod future;
mod handler;
mod held_up;
mod layer;
mod options;
mod overdue;
mod sender;
mod service;

pub use self::{
    future::ResponseFuture,
    held_up::HeldUp,
    layer::{Server, server},
    options::{IntoAnswer, OnDisconnect},
    service::Serve,
};
