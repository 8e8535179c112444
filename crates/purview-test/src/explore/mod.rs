//! Running a program under many schedules.

mod jitter;
mod seeds;
mod yield_now;

use std::{
    env, fmt,
    panic::{AssertUnwindSafe, Location, catch_unwind, resume_unwind},
};

pub use jitter::{Jitter, jitter};
pub use seeds::Seeds;
pub use yield_now::{YieldNow, yield_now};

use purview_core::inspect::{Options, Timeline};

use crate::{VirtualRuntime, runtime::count};

/// So many polls of a schedule are drawn.
const POLLS: usize = 10_000;
/// And in so many columns.
const WIDTH: usize = 120;
/// The variable that has [`explore`] try one seed only, or a few.
const SEED: &str = "PURVIEW_SEED";

/// Runs `program` once for each seed, under a schedule which that seed decides, and returns the value that it gave
/// under all of them.
///
/// Schedules differ in
/// - which of the woken tasks is polled next. Tasks of the runtime are `program` itself and its parallel children, and
///   blocking closures; for the plain children of a scope, which share a task with it, see [`jitter`];
/// - which timer of several due at one instant fires first, and what runs between them;
/// - spurious polls, of tasks that were not woken;
/// - wakers: where a schedule has a waker of its own for each poll, the wakers of earlier polls do nothing, so a
///   primitive that keeps the first one it saw is found out;
/// - how often [`yield_now`] yields;
/// - how much a scope does in one poll before it yields: 128 steps, or as few as one.
///
/// Seed 0 is the plain schedule: first woken, first polled, nothing odd.
///
/// The program must be closed: a thread of its own that wakes its tasks later is not waited for. Build the runtime by
/// hand for that, with [`VirtualRuntime::exploring`] and [`VirtualRuntime::patience`].
///
/// With the environment variable `PURVIEW_SEED` set, only that seed is run; or those, with commas between, as
/// `PURVIEW_SEED=0,17`: two seeds show a difference, where one has nothing to be compared with.
///
/// # Panics
///
/// When the program panics, is stuck (see [`Stalled`](crate::Stalled)), does not end within 1,000,000 steps, or
/// gives different values under different seeds. The seed, or the two that differ, are printed with how to replay them and
/// with a timeline of the scopes and tasks under the last schedule; and the panic is passed on. Also when there are no
/// seeds, or `PURVIEW_SEED` is no list of seeds.
///
/// # Examples
///
/// A balance that is read, thought about, and written back. Under the plain schedule this works.
///
/// ```should_panic
/// use purview_test::{explore, yield_now};
/// use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
///
/// async fn deposit(balance: &AtomicU32) {
///     let before = balance.load(Relaxed);
///     yield_now().await; // a request to somewhere
///     balance.store(before + 1, Relaxed);
/// }
///
/// explore(100, || async {
///     let balance = AtomicU32::new(0);
///     purview_core::scope(async |s| {
///         s.spawn(deposit(&balance));
///         s.spawn(deposit(&balance));
///     })
///     .await;
///     balance.into_inner() // 1 or 2: "the value depends on the schedule"
/// });
/// ```
#[track_caller]
pub fn explore<S, F, T>(seeds: S, program: F) -> T
where
    S: Seeds,
    F: AsyncFnMut() -> T,
    T: PartialEq + fmt::Debug,
{
    let only = env::var_os(SEED).map(|seeds| seeds.to_string_lossy().into_owned());
    explore_under(only.as_deref(), seeds, program)
}

/// [`explore`] with the value of `PURVIEW_SEED` given.
#[track_caller]
fn explore_under<S, F, T>(only: Option<&str>, seeds: S, mut program: F) -> T
where
    S: Seeds,
    F: AsyncFnMut() -> T,
    T: PartialEq + fmt::Debug,
{
    let seeds = only.map_or_else(|| seeds.into_seeds(), parse);
    let at = Location::caller();
    let mut first: Option<(u64, T)> = None;
    for (passed, &seed) in seeds.iter().enumerate() {
        let timeline = Timeline::new().in_steps().max_polls(POLLS);
        let runtime = VirtualRuntime::exploring(seed).inspect(Options::new().observer(timeline.clone()));
        let value = match catch_unwind(AssertUnwindSafe(|| runtime.run(program()))) {
            Ok(value) => value,
            Err(payload) => {
                report(at, passed, &[seed], &timeline);
                resume_unwind(payload)
            }
        };
        match &first {
            None => first = Some((seed, value)),
            Some((_, expected)) if *expected == value => {}
            Some((other, expected)) => {
                report(at, passed, &[*other, seed], &timeline);
                panic!("the value depends on the schedule: seed {other} gave {expected:?}, seed {seed} gave {value:?}");
            }
        }
    }
    first.expect("there must be at least one seed").1
}

/// Runs `program` once, under the schedule that `seed` decides: what [`explore`] does for each seed.
///
/// # Panics
///
/// When the program panics, is stuck, or does not end within 1,000,000 steps.
///
/// # Examples
///
/// ```
/// # use purview_test::replay;
/// // `explore` has printed: replay it with PURVIEW_SEED=17, or purview_test::replay(17, ..)
/// let value = replay(17, async || 6 * 7);
/// assert_eq!(value, 42);
/// ```
#[track_caller]
pub fn replay<F, T>(seed: u64, mut program: F) -> T
where
    F: AsyncFnMut() -> T,
{
    VirtualRuntime::exploring(seed).run(program())
}

#[track_caller]
fn parse(seeds: &str) -> Vec<u64> {
    let parse = |seed: &str| seed.trim().parse().ok();
    let parsed: Option<Vec<u64>> = seeds.split(',').map(parse).collect();
    parsed.unwrap_or_else(|| {
        panic!("{SEED} must be a seed, or several with commas between, as 17 or 0,17: it is {seeds:?}")
    })
}

/// The last of `seeds` failed: by itself, or because it gave another value than the first.
fn report(at: &Location<'_>, passed: usize, seeds: &[u64], timeline: &Timeline) {
    let seed = seeds.last().expect("one has failed");
    let passed = count(passed as u64, "seed");
    let list = seeds.iter().map(u64::to_string).collect::<Vec<_>>();
    let call = match seeds {
        [seed] => format!("replay({seed}, ..)"),
        _ => format!("explore([{}], ..)", list.join(", ")),
    };
    eprintln!(
        "purview-test: failed under seed {seed} ({passed} passed before), explored at {at}; \
         replay it with {SEED}={}, or purview_test::{call}; what ran when, by events:\n{}",
        list.join(","),
        timeline.to_text(WIDTH)
    );
}
