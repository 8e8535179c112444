//! The layer of a server, around services that are called by hand. Time is tokio's, and stands still.
#![forbid(unsafe_code)]

mod answers;
mod bodies;
mod deadlines;
mod disconnects;
mod held_up;
mod membership;
mod setting;
mod shutdown;
