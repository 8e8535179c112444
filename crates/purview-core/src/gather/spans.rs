use std::marker::PhantomData;

use crate::{context::Outcome, policy::End};

/// Which values of a gather's futures are failures, which only their spans need to know.
pub(super) struct Fails<O> {
    #[cfg(feature = "tracing")]
    is_failure: fn(&O) -> bool,
    of: PhantomData<fn(&O)>,
}

impl<T, E> Fails<Result<T, E>> {
    pub(super) fn of_results() -> Self {
        Self {
            #[cfg(feature = "tracing")]
            is_failure: Result::is_err,
            of: PhantomData,
        }
    }
}

impl<O> Clone for Fails<O> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<O> Copy for Fails<O> {}

impl<O> Fails<O> {
    /// How a future ended, as its span says.
    #[cfg_attr(
        not(feature = "tracing"),
        expect(clippy::unused_self, reason = "the same as with the feature")
    )]
    pub(super) fn outcome(self, end: &End<O>) -> Outcome<'_> {
        match end {
            #[cfg(feature = "tracing")]
            End::Returned(value) if (self.is_failure)(value) => Outcome::Failed,
            End::Returned(_) => Outcome::Returned,
            End::Panicked(_) => Outcome::Panicked,
            End::Cancelled(reason) => Outcome::Cancelled(reason),
        }
    }
}
