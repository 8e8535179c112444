//! A blocking closure cannot be dropped. One that blocks on what will never come, because it was cancelled, unwinds.

use std::{panic::resume_unwind, task::Poll};

use crate::{context, error::Panic};

/// What it unwinds with.
struct CutOff;

/// Waits for what only being dropped can end.
pub(crate) fn never<T>() -> Poll<T> {
    let is_cancelled = || context::frame().is_some_and(|frame| frame.token().is_cancelled());
    // Where there is no unwinding it would end the process.
    if cfg!(panic = "unwind") && context::is_in_closure() && is_cancelled() {
        // Not a panic: nothing is printed.
        resume_unwind(Box::new(CutOff));
    }
    Poll::Pending
}

/// Whether a closure unwound because it was cancelled.
pub(crate) fn is_cut_off(panic: &Panic) -> bool {
    panic.is::<CutOff>()
}
