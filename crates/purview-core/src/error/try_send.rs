use std::{error::Error, fmt};

/// [`Sender::try_send`](crate::Sender::try_send) did not send. Contains the item.
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TrySendError<T> {
    /// There is no room at present.
    Full(T),
    /// The stream has been dropped, or has ended with its scope.
    Closed(T),
}

impl<T> TrySendError<T> {
    /// The item.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// assert_eq!(purview::TrySendError::Full(7).into_inner(), 7);
    /// ```
    pub fn into_inner(self) -> T {
        match self {
            Self::Full(item) | Self::Closed(item) => item,
        }
    }
}

impl<T> fmt::Debug for TrySendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full(_) => "Full(..)",
            Self::Closed(_) => "Closed(..)",
        })
    }
}

impl<T> fmt::Display for TrySendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full(_) => "there is no room for the item at present",
            Self::Closed(_) => "the stream of this producer has been dropped or has ended",
        })
    }
}

impl<T> Error for TrySendError<T> {}
