use std::{
    fmt,
    panic::{RefUnwindSafe, UnwindSafe},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use crate::{
    context,
    engine::InARow,
    inspect::{self, WaitsFor},
    runtime::{OneTimer, Runtime, RuntimeChoice, Timer, outside_scopes},
    time::{Duration, Instant},
};

/// Waits for a duration, on the clock of the scope around the caller.
///
/// Counts from the first poll. A duration too large for the clock, such as [`Duration::MAX`], waits for ever; zero is over
/// at once, except that a loop of such waits yields now and then. Outside any scope it uses the feature-selected runtime.
///
/// # Cancel safety
///
/// Dropping it releases its timer; nothing is lost.
///
/// # Examples
///
/// ```
/// # use purview_core as purview;
/// # use std::time::Duration;
/// purview::block_on(purview::sleep(Duration::from_millis(1)));
/// ```
pub fn sleep(duration: Duration) -> Sleep {
    Sleep::new(When::After(duration))
}

/// Waits until an instant of the clock of the scope around the caller; an instant in the past is over at once.
///
/// # Cancel safety
///
/// Dropping it releases its timer; nothing is lost.
///
/// # Examples
///
/// ```
/// # use purview_core as purview;
/// use std::time::{Duration, Instant};
///
/// let at = Instant::now() + Duration::from_millis(1);
/// purview::block_on(purview::sleep_until(at));
/// assert!(Instant::now() >= at);
/// ```
pub fn sleep_until(at: Instant) -> Sleep {
    Sleep::new(When::At(at))
}

/// The future of [`sleep`] and [`sleep_until`].
#[must_use = "futures do nothing until awaited"]
pub struct Sleep {
    when: When,
    fallback: Option<RuntimeChoice>,
    runtime: Option<Arc<dyn Runtime>>,
    timer: OneTimer,
    /// It was ready, and has let the executor be reached: it is not put off again.
    yielded: bool,
}

#[derive(Clone, Copy, Debug)]
enum When {
    After(Duration),
    At(Instant),
    Never,
}

impl Sleep {
    fn new(when: When) -> Self {
        Self {
            when,
            fallback: None,
            runtime: None,
            timer: OneTimer::default(),
            yielded: false,
        }
    }

    /// For facades: the runtime to use outside any scope.
    #[doc(hidden)]
    pub fn or_runtime(mut self, choose: RuntimeChoice) -> Self {
        self.fallback = Some(choose);
        self
    }
}

// A panic of the runtime's timer leaves it as it was.
impl UnwindSafe for Sleep {}
impl RefUnwindSafe for Sleep {}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        let runtime = this.runtime.get_or_insert_with(|| ambient_runtime(this.fallback));
        if let When::After(duration) = this.when {
            this.when = runtime.now().checked_add(duration).map_or(When::Never, When::At);
        }
        let When::At(at) = this.when else { return Poll::Pending };
        if runtime.now() >= at {
            if this.timer.instant().is_none() && InARow::yields(&mut this.yielded, cx.waker()) {
                return Poll::Pending;
            }
            this.timer.clear();
            return Poll::Ready(());
        }
        let polled = this.timer.set(Some(at), &**runtime, cx.waker());
        if polled.is_pending() {
            InARow::end_on_thread();
            inspect::waits(|| WaitsFor::Until(at));
        }
        polled
    }
}

/// The runtime of the scope around, else the one outside of scopes.
pub(crate) fn ambient_runtime(fallback: Option<RuntimeChoice>) -> Arc<dyn Runtime> {
    context::runtime().unwrap_or_else(|| outside_scopes(fallback))
}

impl fmt::Debug for Sleep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sleep")
            .field("when", &self.when)
            .finish_non_exhaustive()
    }
}
