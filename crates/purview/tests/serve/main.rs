//! `examples/serve`: under a thousand connections and a SIGTERM, every line that was sent is answered and kept.
#![cfg(unix)]

#[path = "../example/mod.rs"]
mod example;

mod connections;
mod server;
mod shutdown;
