#[cfg(feature = "rate-limit")]
use std::time::Duration;

use crate::time::Instant;

/// How often children may start.
///
/// The limiter lets starts through one at a time, `period / max` apart: so there are never more than `max` in any
/// window of `period`, which a bucket that can be filled with a burst does not keep.
#[cfg(feature = "rate-limit")]
pub(crate) struct Rate {
    limiter: governor::RateLimiter<
        governor::state::NotKeyed,
        governor::state::InMemoryState,
        Hand,
        governor::middleware::NoOpMiddleware<Duration>,
    >,
    clock: Hand,
    origin: std::sync::OnceLock<Instant>,
}

#[cfg(feature = "rate-limit")]
impl Rate {
    #[track_caller]
    pub(crate) fn new(max: u32, period: Duration) -> Self {
        assert!(
            max > 0,
            "a rate of 0 would let no child ever start: give at least 1 start per period"
        );
        assert!(
            !period.is_zero(),
            "a rate of {max} per 0 s is no rate: give a period longer than zero"
        );
        let nanos = period.as_nanos().div_ceil(u128::from(max));
        let spacing = Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX));
        let quota = governor::Quota::with_period(spacing).expect("the spacing is not zero");
        let clock = Hand::default();
        let limiter = governor::RateLimiter::direct_with_clock(quota, clock.clone());
        Self {
            limiter,
            clock,
            origin: std::sync::OnceLock::new(),
        }
    }

    /// Takes the next start, or says when it may be.
    pub(crate) fn start(&self, now: Instant) -> Result<(), Instant> {
        let origin = *self.origin.get_or_init(|| now);
        let since = now.saturating_duration_since(origin);
        self.clock.set(since);
        self.limiter.check().map_err(|not_until| {
            use governor::clock::Clock;
            now + not_until.wait_time_from(self.clock.now())
        })
    }
}

/// A clock for the limiter that shows what the runtime's clock does.
#[cfg(feature = "rate-limit")]
#[derive(Clone, Debug, Default)]
struct Hand(std::sync::Arc<std::sync::atomic::AtomicU64>);

#[cfg(feature = "rate-limit")]
impl Hand {
    fn set(&self, since: Duration) {
        let nanos = u64::try_from(since.as_nanos()).unwrap_or(u64::MAX);
        self.0.fetch_max(nanos, std::sync::atomic::Ordering::Relaxed);
    }
}

#[cfg(feature = "rate-limit")]
impl governor::clock::Clock for Hand {
    type Instant = Duration;

    fn now(&self) -> Duration {
        Duration::from_nanos(self.0.load(std::sync::atomic::Ordering::Relaxed))
    }
}

/// Without the feature nothing has a rate.
#[cfg(not(feature = "rate-limit"))]
pub(crate) enum Rate {}

#[cfg(not(feature = "rate-limit"))]
impl Rate {
    pub(crate) fn start(&self, _: Instant) -> Result<(), Instant> {
        match *self {}
    }
}
