//! `serve`: under a thousand connections and a SIGTERM, every line that was sent is answered and kept.
#![cfg(unix)]

#[path = "../program/mod.rs"]
mod program;

mod connections;
mod inspected;
mod server;
mod shutdown;
