use crate::{context::Outcome, policy::End};

/// Which values of a gather's futures are failures: what is recorded of a future says so, and so does its span.
pub(super) struct Fails<O>(fn(&O) -> bool);

impl<T, E> Fails<Result<T, E>> {
    pub(super) fn of_results() -> Self {
        Self(Result::is_err)
    }
}

impl<O> Clone for Fails<O> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<O> Copy for Fails<O> {}

impl<O> Fails<O> {
    /// How a future ended.
    pub(super) fn outcome(self, end: &End<O>) -> Outcome<'_> {
        match end {
            End::Returned(value) if (self.0)(value) => Outcome::Failed,
            End::Returned(_) => Outcome::Returned,
            End::Panicked(_) => Outcome::Panicked,
            End::Cancelled(reason) => Outcome::Cancelled(reason),
        }
    }
}
