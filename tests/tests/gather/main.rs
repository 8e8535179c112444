//! Many futures at once: what a gather waits for, what it gives, and whom it cuts.
#![forbid(unsafe_code)]

mod a_gather_that_waits_is_quiet;
mod sources_that_never_end;
