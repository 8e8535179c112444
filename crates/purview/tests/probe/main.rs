//! `examples/probe`: the same outcomes on every runtime, its exit codes, and what bad input gets.

#[path = "../example/mod.rs"]
mod example;

mod listeners;
mod load;
mod outcomes;
mod report;
mod usage;
