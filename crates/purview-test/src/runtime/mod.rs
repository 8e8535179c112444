//! A deterministic executor with a virtual clock.
//!
//! Data flows one way: handle ([`VirtualRuntime`]) -> shared state -> driver -> tasks. The schedule makes every choice,
//! so that a seed decides a run.

mod block_on;
mod closure;
mod current;
mod drive;
mod idle;
mod schedule;
mod shared;
mod spawn;
mod stall;
mod task;
mod timers;
mod traits;
mod tree;

use std::{fmt, num::NonZeroU32, sync::Arc, time::Duration};

use purview_core::runtime::Instant;

pub use idle::Idle;
pub use stall::Stalled;
pub(crate) use stall::count;

use purview_core::inspect::Options as InspectOptions;

use self::{
    schedule::Schedule,
    shared::{Options, Shared},
};

/// A deterministic single-threaded executor whose clock jumps to the next timer when all tasks wait.
///
/// It is a [`Runtime`](purview_core::Runtime): give it to a scope with `.runtime(rt)`, or [`run`](Self::run) a program in which every
/// scope uses it. Sleeping costs no real time, and a test can assert that no virtual time passed. Parallel children are
/// tasks of this executor, polled one at a time in an order that the seed decides. Closures that may block run on a
/// thread each, but one after the other as long as they do not wait for one another: one that has not ended after 100 ms of
/// real time is taken to wait.
///
/// Handles are cheap to clone and can be sent to other threads, which may wake tasks, spawn, and
/// [`advance`](Self::advance) the clock.
///
/// **On drop** of the last handle everything that was spawned and has not ended is dropped; until then it is kept for the
/// next [`block_on`](Self::block_on). A task that itself holds a handle, as a scope does that was given one, keeps the
/// runtime alive until [`shutdown`](Self::shutdown); one that only sleeps in it, and a parallel child whose scope was
/// dropped, do not.
///
/// # Examples
///
/// ```
/// use purview_core::Timer;
/// use purview_test::VirtualRuntime;
/// use std::time::Duration;
///
/// let rt = VirtualRuntime::new();
/// let hour = Duration::from_secs(3600);
/// rt.block_on(rt.sleep_until(rt.now() + hour));
/// assert_eq!(rt.elapsed(), hour);
/// ```
#[derive(Clone)]
pub struct VirtualRuntime {
    shared: Arc<Shared>,
}

/// How long a stuck runtime gives threads outside it to wake a task.
const PATIENCE: Duration = Duration::from_secs(5);

/// Programs under exploration are small; one that takes so many steps repeats itself.
const EXPLORED_STEPS: u64 = 1_000_000;

impl VirtualRuntime {
    /// A runtime that polls first what was woken first. Timers of the same instant fire in the order of their creation.
    pub fn new() -> Self {
        Self::with(Schedule::fifo(), PATIENCE, None)
    }

    /// A runtime that polls any woken task next, decided by `seed`. Timers of the same instant fire in the order of
    /// their creation.
    pub fn seeded(seed: u64) -> Self {
        Self::with(Schedule::seeded(seed), PATIENCE, None)
    }

    /// A runtime that also does what a correct program must endure, as [`explore`](crate::explore()) has it: spurious
    /// polls, a waker of its own for each poll, timers of the same instant in any order, delays at the points that
    /// [`yield_now`](crate::yield_now) and [`jitter`](crate::jitter) offer.
    ///
    /// Which of it happens, and how often, depends on the seed; with seed 0 nothing of it does. It gives no other
    /// thread time to wake a task, and stops after 1,000,000 steps: [`patience`](Self::patience) and
    /// [`max_steps`](Self::max_steps) change that.
    pub fn exploring(seed: u64) -> Self {
        Self::with(Schedule::exploring(seed), Duration::ZERO, Some(EXPLORED_STEPS))
    }

    fn with(schedule: Schedule, patience: Duration, max_steps: Option<u64>) -> Self {
        let options = Options {
            auto_advance: true,
            patience,
            max_steps,
        };
        Self::from_shared(Arc::new(Shared::new(schedule, options)))
    }

    fn from_shared(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// The runtime that drives the code that asks: the innermost around the caller on this thread.
    ///
    /// # Examples
    ///
    /// ```
    /// use purview_test::VirtualRuntime;
    ///
    /// assert!(VirtualRuntime::current().is_none());
    /// VirtualRuntime::new().block_on(async { assert!(VirtualRuntime::current().is_some()) });
    /// ```
    pub fn current() -> Option<Self> {
        current::get()
    }

    /// Whether the clock jumps to the next timer when all tasks wait. Default: it does. Otherwise only
    /// [`advance`](Self::advance) moves it.
    pub fn auto_advance(self, jumps: bool) -> Self {
        self.shared.lock().options.auto_advance = jumps;
        self
    }

    /// How long, in real time, a runtime in which all tasks wait gives other threads to wake one of them, before it
    /// reports a deadlock. Default: 5 s; zero under [`explore`](crate::explore()).
    ///
    /// There is no delay when no waker of the root is held, because nothing can wake it then.
    pub fn patience(self, patience: Duration) -> Self {
        self.shared.lock().options.patience = patience;
        self
    }

    /// After how many steps (polls, and closures started, since the runtime was made) a program counts as endless. No bound
    /// unless told otherwise, 10,000,000 in [`run`](crate::run()), 1,000,000 under [`explore`](crate::explore()).
    pub fn max_steps(self, steps: u64) -> Self {
        self.shared.lock().options.max_steps = Some(steps);
        self
    }

    /// What is recorded and reported of the scopes and tasks that the runtime polls, and to which observers, in place of
    /// what [`inspect::enable`](purview_core::inspect::enable) has set for the process. Times are the runtime's. To be
    /// called before anything is polled.
    ///
    /// # Examples
    ///
    /// ```
    /// use purview_core::{inspect::{self, Options, Report}, scope, sleep};
    /// use purview_test::VirtualRuntime;
    /// use std::time::Duration;
    ///
    /// let second = Duration::from_secs(1);
    /// let reports = VirtualRuntime::new().inspect(Options::new().lost_waker(second)).run(scope(async |s| {
    ///     s.task().name("stuck").daemon().spawn(std::future::pending::<()>());
    ///     sleep(2 * second).await;
    ///     inspect::check()
    /// }));
    /// assert!(matches!(&reports[..], [Report::LostWaker { idle, .. }] if *idle > second));
    /// ```
    pub fn inspect(self, options: InspectOptions) -> Self {
        self.shared.inspect(options);
        self
    }

    /// The virtual time that has passed since the runtime was made.
    pub fn elapsed(&self) -> Duration {
        self.shared.lock().elapsed()
    }

    /// Moves the clock by `duration` and fires what is due then, in order. The tasks woken by it run when the
    /// runtime is driven next.
    ///
    /// # Panics
    ///
    /// If the clock cannot represent that instant.
    ///
    /// # Examples
    ///
    /// ```
    /// use purview_test::VirtualRuntime;
    /// use std::time::Duration;
    ///
    /// let rt = VirtualRuntime::new().auto_advance(false);
    /// rt.advance(Duration::from_secs(5));
    /// assert_eq!(rt.elapsed(), Duration::from_secs(5));
    /// ```
    #[track_caller]
    pub fn advance(&self, duration: Duration) {
        let due = {
            let mut state = self.shared.lock();
            let target = state.now().checked_add(duration);
            state.move_clock(target.expect("the clock cannot go that far"));
            state.take_due_timers()
        };
        for waker in due {
            waker.wake();
        }
        self.shared.changed();
    }

    /// Completes once every other task waits, and before the clock moves: the point at which all that could happen now
    /// has happened.
    ///
    /// Several that wait for this complete together.
    ///
    /// # Cancel safety
    ///
    /// Dropping it has no effect on other tasks.
    ///
    /// # Examples
    ///
    /// ```
    /// use purview_test::VirtualRuntime;
    /// use std::sync::atomic::{AtomicBool, Ordering};
    ///
    /// static RAN: AtomicBool = AtomicBool::new(false);
    /// let rt = VirtualRuntime::new();
    /// rt.block_on(async {
    ///     rt.spawn(async { RAN.store(true, Ordering::Relaxed) });
    ///     rt.idle().await;
    ///     assert!(RAN.load(Ordering::Relaxed));
    /// });
    /// ```
    pub fn idle(&self) -> Idle {
        Idle::new(&self.shared)
    }

    /// The seed that decides the schedule.
    pub fn seed(&self) -> u64 {
        self.shared.lock().schedule.seed()
    }

    /// A hash of every step so far. Runs of one program with equal fingerprints took the same schedule.
    pub fn fingerprint(&self) -> u64 {
        self.shared.lock().schedule.fingerprint()
    }

    /// After how many steps a scope that is polled on this runtime yields, if not after the 128 that are usual.
    pub fn scope_steps(&self) -> Option<NonZeroU32> {
        self.shared.lock().schedule.scope_steps()
    }

    pub(crate) fn yields(&self, so_far: u32) -> bool {
        self.shared.lock().schedule.yields(so_far)
    }

    pub(crate) fn delays(&self) -> bool {
        self.shared.lock().schedule.delays()
    }

    pub(crate) fn polls_spuriously(&self) -> bool {
        self.shared.lock().schedule.polls_spuriously()
    }

    /// Counts the wakes of wrapped futures through the waker of an earlier poll. Wakers have it, and a waker that a task
    /// of this runtime keeps must not keep the runtime.
    pub(crate) fn ignored_wakes(&self) -> impl Fn() + Send + Sync + use<> {
        let shared = Arc::downgrade(&self.shared);
        move || {
            if let Some(shared) = shared.upgrade() {
                shared.lock().ignored_wakes += 1;
            }
        }
    }

    pub(crate) fn has_foreign_wakers(&self) -> bool {
        self.shared.lock().schedule.foreign_wakers()
    }

    fn instant(&self) -> Instant {
        self.shared.lock().now()
    }
}

impl Default for VirtualRuntime {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for VirtualRuntime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VirtualRuntime")
            .field("seed", &self.seed())
            .field("elapsed", &self.elapsed())
            .finish()
    }
}
