use std::sync::{Mutex, PoisonError};

/// What is only ever reached through `&mut`. It can be shared, because nothing is to be had from a shared one.
///
/// The lock is never taken: it is what the standard library has for this without `unsafe`.
#[derive(Default)]
pub(crate) struct Exclusive<T>(Mutex<T>);

impl<T> Exclusive<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(Mutex::new(value))
    }

    pub(crate) fn get_mut(&mut self) -> &mut T {
        self.0.get_mut().unwrap_or_else(PoisonError::into_inner)
    }
}
