use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use http::HeaderMap;

use crate::pushback::{Pushback, pushback};

/// Glue for [`purview_core::retry`]: the waits between the attempts of one call are never shorter than the server asks for.
///
/// [`delays`](Self::delays) gives `retry` its waits, and [`allows`](Self::allows) is told the headers of each failure.
/// `retry` gives up where the next wait would reach the deadline of the scopes around, so a server that asks for more
/// time than is left costs no time. A second call has a `Backoff` of its own.
///
/// There is no policy for `tower::retry`: it has no deadline, and its requests must be cloned, which those with a
/// streamed body cannot.
///
/// # Examples
///
/// ```
/// use http::{HeaderMap, HeaderValue};
/// use purview_tower::Backoff;
/// use std::time::Duration;
///
/// let call = async || {
///     let mut headers = HeaderMap::new();
///     headers.insert("grpc-retry-pushback-ms", HeaderValue::from_static("2"));
///     Err::<(), _>(headers)
/// };
/// let backoff = Backoff::new();
/// let tried = purview_core::retry(backoff.delays([Duration::from_millis(1); 3]), call)
///     .when(|headers| backoff.allows(headers));
/// let error = purview_core::block_on(tried).unwrap_err();
/// assert_eq!(error.attempts, 4);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Backoff(Arc<Mutex<Option<Pushback>>>);

impl Backoff {
    /// The waits of one call.
    pub fn new() -> Self {
        Self::default()
    }

    /// The waits of a schedule, such as one of `backon`'s, each as long as it says or as the server does, whichever is
    /// longer. There are as many as the schedule has.
    pub fn delays<I: IntoIterator<Item = Duration>>(&self, schedule: I) -> Delays<I::IntoIter> {
        Delays {
            schedule: schedule.into_iter(),
            backoff: self.clone(),
        }
    }

    /// Notes what the headers of a failed call say about the next attempt, as [`pushback`] reads it; gives `false` where
    /// they forbid one.
    pub fn allows(&self, headers: &HeaderMap) -> bool {
        let said = pushback(headers);
        self.note(Some(said));
        said != Pushback::Never
    }

    /// Gives what was noted before.
    fn note(&self, said: Option<Pushback>) -> Option<Pushback> {
        std::mem::replace(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner), said)
    }
}

/// The waits that [`Backoff::delays`] gives.
#[derive(Clone, Debug)]
#[must_use = "an iterator does nothing until it is given to `retry`"]
pub struct Delays<I> {
    schedule: I,
    backoff: Backoff,
}

impl<I: Iterator<Item = Duration>> Iterator for Delays<I> {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        let delay = self.schedule.next()?;
        // It was about this attempt, and not about those that follow.
        self.backoff.note(None).unwrap_or(Pushback::Unsaid).over(delay)
    }
}
