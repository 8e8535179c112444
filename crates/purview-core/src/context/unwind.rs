//! A blocking closure cannot be dropped. One that was cancelled, and blocks on what will never come, unwinds.

use std::{panic::resume_unwind, task::Poll};

use super::current;
use crate::panic::Panic;

/// The payload that it unwinds with.
struct Unwound;

/// Pends for ever: only being dropped can end this wait.
pub(crate) fn never<T>() -> Poll<T> {
    let is_cancelled = || current::task().is_some_and(|task| task.node().reason().is_some());
    // Where there is no unwinding it would end the process.
    if cfg!(panic = "unwind") && current::is_in_closure() && is_cancelled() {
        // Not a panic: nothing is printed.
        resume_unwind(Box::new(Unwound));
    }
    Poll::Pending
}

/// Whether a closure unwound because it was cancelled.
pub(crate) fn is_unwound(panic: &Panic) -> bool {
    panic.is::<Unwound>()
}
