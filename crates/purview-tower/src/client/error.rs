/// Why a call was not made, or failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CallError<E> {
    /// Nothing is left of the deadline of the scopes around: the call was not made.
    #[error("deadline exceeded before the call was made")]
    DeadlineExceeded,
    /// The service's own error.
    #[error(transparent)]
    Service(E),
}
