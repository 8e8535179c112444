use std::time::{Duration, Instant};

use futures::future::{BoxFuture, join};
use purview::{Scope, Settled, settled};
use purview_tests::AnyRuntime;

use crate::{meter::Live, scale::TICK};

/// The scope that a phase keeps open.
pub(crate) type Open = Scope<'static, Settled<()>>;

/// Where the samples are taken, in hundredths of the whole: after the first tenth, in the middle and at the end.
const SAMPLES: [usize; 3] = [10, 50, 100];

/// Bytes that an executor may hold more of than before: a queue that was longer once keeps its place, and a thread may have
/// been started since.
const SLACK: usize = 64 * 1024;

/// Allocations that an executor may hold more of than before, for the same reasons. Whatever a scope or a child left
/// behind would be thousands.
const CACHED: usize = 32;

/// The time between two looks at what is allocated.
const PATIENCE: Duration = Duration::from_millis(2);

/// What is done so many times: in a scope that stays open meanwhile, or with nothing around it.
#[derive(Clone, Copy)]
pub(crate) enum Work {
    InOneOpenScope(fn(Open, AnyRuntime, usize) -> BoxFuture<'static, ()>),
    Alone(fn(AnyRuntime, usize) -> BoxFuture<'static, ()>),
}

/// Measures what stretches of work leave behind on one runtime.
pub(crate) struct Phase {
    name: &'static str,
    runtime: AnyRuntime,
}

impl Phase {
    pub(crate) fn new(name: &'static str, runtime: AnyRuntime) -> Self {
        Self { name, runtime }
    }

    async fn run(&self, work: Work, count: usize, samples: &mut Vec<Live>) {
        match work {
            Work::Alone(work) => {
                for part in parts(count) {
                    work(self.runtime.clone(), part).await;
                    self.rest(samples.first().map(|first| first.allocations + CACHED)).await;
                    samples.push(Live::now());
                }
            }
            Work::InOneOpenScope(work) => {
                let (open, driver) = settled::<()>().runtime(self.runtime.clone()).open();
                let work = async {
                    for part in parts(count) {
                        work(open.clone(), self.runtime.clone(), part).await;
                        self.rest(samples.first().map(|first| first.allocations + CACHED)).await;
                        samples.push(Live::now());
                    }
                    drop(open);
                };
                assert!(Box::pin(join(driver, work)).await.0.is_ok());
            }
        }
    }

    /// Does `work` so many times, and asserts that nothing of it is left.
    pub(crate) async fn leaves_nothing(&self, what: &str, count: usize, work: Work) {
        let mut samples = Vec::with_capacity(SAMPLES.len());
        // What a runtime makes once has been made by then: threads, queues, the place of its timers.
        self.run(work, (count / 10).min(100_000), &mut samples).await;
        samples.clear();
        self.rest(None).await;
        let before = Live::now();
        let began = Instant::now();
        self.run(work, count, &mut samples).await;
        let took = began.elapsed();
        self.rest(Some(before.allocations)).await;
        let after = Live::now();

        println!(
            "soak {} {what} count={count} seconds={:.1} allocations_before={} allocations_after={} bytes_before={} \
             bytes_after={} bytes_at_10={} bytes_at_50={} bytes_at_100={} allocations_at_10={} allocations_at_100={}",
            self.name,
            took.as_secs_f64(),
            before.allocations,
            after.allocations,
            before.bytes,
            after.bytes,
            samples[0].bytes,
            samples[1].bytes,
            samples[2].bytes,
            samples[0].allocations,
            samples[2].allocations,
        );
        let kept = after.allocations.saturating_sub(before.allocations);
        assert!(
            kept <= CACHED,
            "{} {what}: {kept} allocations were left behind",
            self.name
        );
        let grown = samples[2].bytes.saturating_sub(samples[0].bytes);
        assert!(grown <= SLACK, "{} {what}: it grew by {grown} bytes", self.name);
    }

    /// Executors drop the tasks of cancelled parallel children, empty by then, when they get to it: waits until there are no
    /// more allocations than `enough`, or until their number does not change any more.
    async fn rest(&self, enough: Option<usize>) {
        let looks = if enough.is_some() { 20 } else { 2 };
        let (mut last, mut same) = (0, 0);
        while same < looks {
            let now = Live::now().allocations;
            if enough.is_some_and(|enough| now <= enough) {
                return;
            }
            same = if now == last { same + 1 } else { 0 };
            last = now;
            self.runtime.sleep_until(self.runtime.now() + PATIENCE).await;
        }
    }
}

/// How much is to be done until each of the samples.
fn parts(count: usize) -> [usize; SAMPLES.len()] {
    let mut done = 0;
    SAMPLES.map(|percent| {
        let part = count * percent / 100 - done;
        done += part;
        part
    })
}

/// One tick of the runtime's clock.
pub(crate) async fn tick(runtime: &AnyRuntime) {
    runtime.sleep_until(runtime.now() + TICK).await;
}
