use std::{mem, task::Waker};

/// What there is for what awaits the task.
pub(super) enum Content<J> {
    Waiting(Option<Waker>),
    Value(J),
    Taken,
    /// The policy gave nothing for it; under which key the task then waits for the end of the scope.
    Never(Option<u64>),
}

/// What a look at it gives.
pub(in crate::scope) enum Take<J> {
    Value(J),
    NotYet,
    Taken,
    Never,
}

impl<J> Content<J> {
    pub(super) fn end_key(&self) -> Option<u64> {
        match self {
            Self::Never(key) => *key,
            _ => None,
        }
    }

    /// Takes the waker that waits, to be dropped outside the lock.
    pub(super) fn take_waker(&mut self) -> Option<Waker> {
        match self {
            Self::Waiting(waker) => waker.take(),
            _ => None,
        }
    }

    /// Takes what there is, or leaves the waker; and gives the waker that is not needed, to be dropped outside the lock.
    pub(super) fn take_or_wait(&mut self, waker: Waker) -> (Take<J>, Option<Waker>) {
        match mem::replace(self, Self::Taken) {
            Self::Waiting(old) => {
                *self = Self::Waiting(Some(waker));
                (Take::NotYet, old)
            }
            Self::Value(value) => (Take::Value(value), Some(waker)),
            Self::Taken => (Take::Taken, Some(waker)),
            Self::Never(key) => {
                *self = Self::Never(key);
                (Take::Never, Some(waker))
            }
        }
    }
}
