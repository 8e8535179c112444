//! With the feature `tracing`: what a task tells is inside the span of where it was spawned, wherever it runs.
#![forbid(unsafe_code)]

mod recorder;
mod where_it_was_spawned;
