use super::{Panic, catch, forget_payload, is_expected, no_second_panic};

/// Keeps the first of several panics and drops the others safely.
#[derive(Debug, Default)]
pub(crate) struct FirstPanic(Option<Box<Panic>>);

impl FirstPanic {
    pub(crate) fn keep(&mut self, panic: Panic) {
        if self.0.is_none() {
            self.0 = Some(Box::new(panic));
        } else {
            forget_payload(panic);
        }
    }

    pub(crate) fn run(&mut self, f: impl FnOnce()) {
        if let Err(panic) = catch(f) {
            self.keep(panic);
        }
    }

    pub(crate) fn is_some(&self) -> bool {
        self.0.is_some()
    }

    /// Resumes the panic, if there was one.
    pub(crate) fn resume(&mut self) {
        if let Some(panic) = self.0.take() {
            panic.resume();
        }
    }

    /// As [`resume`](Self::resume), from a destructor: a second panic while unwinding would abort the process.
    pub(crate) fn resume_unless_unwinding(&mut self) {
        if std::thread::panicking() {
            if let Some(panic) = self.0.take() {
                forget_payload(*panic);
            }
        } else {
            self.resume();
        }
    }

    /// Resumes the panic out of a destructor, where one is expected.
    ///
    /// Elsewhere it is swallowed, after its message was printed: some executors end the process when a future panics as
    /// it is dropped.
    pub(crate) fn resume_if_expected(&mut self) {
        if is_expected() {
            self.resume();
        } else if let Some(panic) = self.0.take() {
            forget_payload(*panic);
        }
    }
}

impl Drop for FirstPanic {
    fn drop(&mut self) {
        if self.0.is_some() {
            no_second_panic(|| drop(self.0.take()));
        }
    }
}
