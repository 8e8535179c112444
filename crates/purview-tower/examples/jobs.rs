//! A worker that takes jobs from a broker; the acknowledgement is a finalizer, so that each job is settled exactly once,
//! in whatever way it ends: done, failed, late, or cut by a shutdown.
//!
//! `cargo run -p purview-tower --example jobs`

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    time::Duration,
};

use purview::{Scope, Settled, fail_fast, settled, sleep};

const AT_ONCE: usize = 4;
const TIMEOUT: Duration = Duration::from_millis(50);

#[tokio::main]
async fn main() {
    println!("{:?}", run(20).await);
}

/// Works until all jobs are done; gives how the broker saw it.
pub(crate) async fn run(jobs: u32) -> Settlements {
    let broker = Broker::with(0..jobs);
    let (worker, driver) = settled::<String>().name("worker").limit(AT_ONCE).open();
    let driver = tokio::spawn(driver);
    while !broker.is_empty() {
        // A place first: what is taken from the broker is begun.
        let permit = worker.permit().await;
        match broker.take() {
            Some(job) => drop(permit.spawn(work(broker.clone(), job))),
            // The others are under way, and may come back.
            None => sleep(Duration::from_millis(1)).await,
        }
    }
    stop(&worker).await;
    drop(driver.await);
    broker.settlements()
}

/// Jobs that are under way have a second; what is cut then goes back to the broker.
async fn stop(worker: &Scope<'static, Settled<String>>) {
    let report = worker.shutdown(Duration::from_secs(1)).await;
    assert!(report.cut.is_empty(), "{report:?}");
}

async fn work(broker: Broker, job: Job) -> Result<(), String> {
    let done = Arc::new(AtomicBool::new(false));
    let settled = done.clone();
    let scope = fail_fast::<String>().timeout(TIMEOUT).run(async |s| {
        s.defer(async move { broker.settle(job, settled.load(SeqCst)).await });
        perform(job).await?;
        done.store(true, SeqCst);
        Ok(())
    });
    scope.await.map_err(|error| error.to_string())
}

/// Some fail at the first attempt, and some take too long.
async fn perform(job: Job) -> Result<(), String> {
    match (job.number % 5, job.attempt) {
        (1, 1) => Err("no connection".to_owned()),
        (2, 1) => std::future::pending().await,
        _ => {
            sleep(Duration::from_micros(u64::from(job.number) * 10)).await;
            Ok(())
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Job {
    number: u32,
    attempt: u32,
}

/// How jobs were settled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Settlements {
    pub(crate) acknowledged: u32,
    pub(crate) returned: u32,
}

/// A broker that gives what was not acknowledged to the next that asks.
#[derive(Clone)]
struct Broker(Arc<Mutex<Queue>>);

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Job>,
    taken: usize,
    settlements: Settlements,
}

impl Broker {
    fn with(jobs: impl Iterator<Item = u32>) -> Self {
        Self(Arc::new(Mutex::new(Queue {
            waiting: jobs.map(|number| Job { number, attempt: 1 }).collect(),
            ..Queue::default()
        })))
    }

    fn is_empty(&self) -> bool {
        self.queue(|queue| queue.waiting.is_empty() && queue.taken == 0)
    }

    fn take(&self) -> Option<Job> {
        self.queue(|queue| {
            let job = queue.waiting.pop_front()?;
            queue.taken += 1;
            Some(job)
        })
    }

    /// As over a network.
    async fn settle(&self, job: Job, done: bool) {
        sleep(Duration::from_micros(100)).await;
        self.queue(|queue| {
            queue.taken -= 1;
            if done {
                queue.settlements.acknowledged += 1;
            } else {
                queue.settlements.returned += 1;
                queue.waiting.push_back(Job {
                    attempt: job.attempt + 1,
                    ..job
                });
            }
        });
    }

    fn settlements(&self) -> Settlements {
        self.queue(|queue| queue.settlements)
    }

    fn queue<T>(&self, look: impl FnOnce(&mut Queue) -> T) -> T {
        look(&mut self.0.lock().expect("nothing panics while it has the queue"))
    }
}
