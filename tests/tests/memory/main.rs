//! Memory that is in use, counted by an allocator that counts.
//!
//! The count is the whole process's, so these tests take turns, and allow for what the test harness itself allocates
//! meanwhile.
#![forbid(unsafe_code)]

mod cancelled_and_dropped_scopes_leave_nothing;
mod gathers_drop_their_input;
mod long_lived_scopes_do_not_grow;
mod meter;
mod tokens_forget_their_children;
