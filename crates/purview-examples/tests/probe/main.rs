//! `probe`: the same outcomes on every runtime, its exit codes, and what bad input gets.

#[path = "../program/mod.rs"]
mod program;

mod listeners;
mod load;
mod outcomes;
mod report;
mod usage;
