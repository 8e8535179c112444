//! Trying again, on the clock of the scope around.

use std::{
    fmt,
    marker::PhantomData,
    mem,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use pin_project_lite::pin_project;

use crate::{
    error::RetryError,
    ops::{Sleep, ambient_runtime, deadline, sleep},
    runtime::{RuntimeChoice, Timer},
};

/// Calls `operation` until it succeeds, waiting one of `delays` after each failure.
///
/// `delays` is anything that yields durations, such as one of `backon`'s backoffs; when it ends, the last error is
/// returned. So it is when the next delay would reach the [deadline](crate::deadline) of the scopes around, for then
/// there is no use in waiting, and when [`when`](Retry::when) says so. It waits on the clock of the scope around, and is
/// cancelled with it like anything else.
///
/// It takes `FnMut() -> Fut` and not `AsyncFnMut`, whose future would not be `Send` once the closure captures a
/// reference. An `async || ..` closure fits; one that mutates a captured local is refused, and keeps its state in a
/// `Cell`, an atomic or a `Mutex`.
///
/// # Errors
///
/// [`RetryError`] with the last error and the number of attempts.
///
/// # Cancel safety
///
/// Dropping it drops the attempt that is under way.
///
/// # Examples
///
/// ```
/// # use purview_core as purview;
/// use std::{cell::Cell, time::Duration};
///
/// let calls = Cell::new(0);
/// let out = purview::block_on(
///     purview::retry([Duration::from_millis(1); 5], async || {
///         calls.set(calls.get() + 1);
///         if calls.get() < 3 { Err("busy") } else { Ok("done") }
///     })
///     .when(|error| *error == "busy"),
/// );
/// assert_eq!(out.unwrap(), "done");
/// assert_eq!(calls.get(), 3);
/// ```
pub fn retry<I, F, Fut, T, E>(delays: I, operation: F) -> Retry<I::IntoIter, F, Fut, E>
where
    I: IntoIterator<Item = Duration>,
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<T, E>>,
{
    Retry {
        delays: delays.into_iter(),
        operation,
        when: |_| true,
        notify: |_, _| {},
        attempts: 0,
        attempt: None,
        pause: None,
        fallback: None,
        over: false,
        error: PhantomData,
    }
}

pin_project! {
    /// The future of [`retry`], and its options.
    #[must_use = "futures do nothing until awaited"]
    pub struct Retry<I, F, Fut, E, W = fn(&E) -> bool, N = fn(&E, Duration)> {
        delays: I,
        operation: F,
        when: W,
        notify: N,
        attempts: usize,
        #[pin]
        attempt: Option<Fut>,
        pause: Option<Pause>,
        fallback: Option<RuntimeChoice>,
        // It has completed or panicked.
        over: bool,
        error: PhantomData<fn() -> E>,
    }
}

enum Pause {
    /// No delay at all: still, the others get a turn.
    Yield,
    Sleep(Sleep),
}

impl<I, F, Fut, E, W, N> Retry<I, F, Fut, E, W, N> {
    /// Tries again only after errors for which this is true. Default: after all.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use std::{io, time::Duration};
    ///
    /// let fetch = async || Err::<(), _>(io::Error::from(io::ErrorKind::NotFound));
    /// let fetch = purview::retry([Duration::ZERO; 5], fetch).when(|error| error.kind() == io::ErrorKind::TimedOut);
    /// assert_eq!(purview::block_on(fetch).unwrap_err().attempts, 1);
    /// ```
    pub fn when<W2: FnMut(&E) -> bool>(self, when: W2) -> Retry<I, F, Fut, E, W2, N> {
        Retry {
            delays: self.delays,
            operation: self.operation,
            when,
            notify: self.notify,
            attempts: self.attempts,
            attempt: self.attempt,
            pause: self.pause,
            fallback: self.fallback,
            over: self.over,
            error: PhantomData,
        }
    }

    /// Calls `notify` with each error that another attempt follows, and with the wait before it. Default: no call.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use std::time::Duration;
    ///
    /// let mut waits = Vec::new();
    /// let fetch = purview::retry([Duration::ZERO; 2], async || Err::<(), _>("busy"));
    /// let failed = purview::block_on(fetch.notify(|error, wait| waits.push((*error, wait))));
    /// assert_eq!(failed.unwrap_err().attempts, 3);
    /// assert_eq!(waits, [("busy", Duration::ZERO); 2]);
    /// ```
    pub fn notify<N2: FnMut(&E, Duration)>(self, notify: N2) -> Retry<I, F, Fut, E, W, N2> {
        Retry {
            delays: self.delays,
            operation: self.operation,
            when: self.when,
            notify,
            attempts: self.attempts,
            attempt: self.attempt,
            pause: self.pause,
            fallback: self.fallback,
            over: self.over,
            error: PhantomData,
        }
    }

    /// For facades: the runtime to use outside any scope.
    #[doc(hidden)]
    pub fn or_runtime(mut self, choose: RuntimeChoice) -> Self {
        self.fallback = Some(choose);
        self
    }
}

impl<I, F, Fut, T, E, W, N> Future for Retry<I, F, Fut, E, W, N>
where
    I: Iterator<Item = Duration>,
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<T, E>>,
    W: FnMut(&E) -> bool,
    N: FnMut(&E, Duration),
{
    type Output = Result<T, RetryError<E>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        // A further attempt would be one too many.
        assert!(
            !mem::replace(self.as_mut().project().over, true),
            "a retry must not be polled after it has completed"
        );
        let polled = self.as_mut().attempt(cx);
        *self.project().over = polled.is_ready();
        polled
    }
}

impl<I, F, Fut, T, E, W, N> Retry<I, F, Fut, E, W, N>
where
    I: Iterator<Item = Duration>,
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<T, E>>,
    W: FnMut(&E) -> bool,
    N: FnMut(&E, Duration),
{
    fn attempt(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<T, RetryError<E>>> {
        let mut this = self.project();
        loop {
            match this.pause {
                Some(Pause::Sleep(sleep)) => {
                    ready!(Pin::new(sleep).poll(cx));
                    *this.pause = None;
                }
                Some(Pause::Yield) => *this.pause = None,
                None => {}
            }
            if this.attempt.is_none() {
                *this.attempts += 1;
                this.attempt.set(Some((this.operation)()));
            }
            let attempt = this.attempt.as_mut().as_pin_mut().expect("put there just above");
            let result = ready!(attempt.poll(cx));
            this.attempt.set(None);
            let error = match result {
                Ok(value) => return Poll::Ready(Ok(value)),
                Err(error) => error,
            };
            let again = (this.when)(&error);
            let delay = if again { this.delays.next() } else { None };
            let Some(delay) = delay.filter(|delay| is_in_time(*delay, *this.fallback)) else {
                return Poll::Ready(Err(RetryError::new(error, *this.attempts)));
            };
            (this.notify)(&error, delay);
            if delay.is_zero() {
                *this.pause = Some(Pause::Yield);
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            let pause = sleep(delay);
            *this.pause = Some(Pause::Sleep(match *this.fallback {
                Some(choose) => pause.or_runtime(choose),
                None => pause,
            }));
        }
    }
}

/// Whether an attempt after this delay would still come before the deadline.
fn is_in_time(delay: Duration, fallback: Option<RuntimeChoice>) -> bool {
    deadline().is_none_or(|deadline| {
        ambient_runtime(fallback)
            .now()
            .checked_add(delay)
            .is_some_and(|attempt| attempt < deadline)
    })
}

impl<I, F, Fut, E, W, N> fmt::Debug for Retry<I, F, Fut, E, W, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Retry")
            .field("attempts", &self.attempts)
            .finish_non_exhaustive()
    }
}
