//! With the feature `tracing`: what a task tells is inside the span of where it was spawned, wherever it runs.
#![forbid(unsafe_code)]

mod how_a_task_ended;
mod lines;
mod one_trace;
mod recorder;
mod where_it_was_spawned;
mod which_spans_there_are;
