#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod backoff;
mod body;
mod client;
mod context;
mod deadline;
mod grpc;
pub mod grpc_timeout;
mod pushback;
mod server;

pub use backoff::{Backoff, Delays};
pub use body::{BodyError, ResponseBody};
pub use client::{CallError, CallFuture, Client, client};
pub use deadline::{Deadline, DeadlineHeader, Fixed, GrpcTimeout, Header};
pub use pushback::{Pushback, pushback};
pub use server::{
    HeldUp, IntoAnswer, OnDisconnect,
    OnDisconnect::{Drop, Finish, RunOn},
    ResponseFuture, Serve, Server, server,
};
