//! A worker that takes jobs from a broker. The acknowledgement is a finalizer, so that each job is settled exactly once,
//! in whatever way it ends: done, failed, late, or cut by a shutdown.
//!
//! The broker is `omniqueue`'s in memory. Another of its features makes it Redis or SQS, and changes nothing
//! below but the first line of `run`. `cargo run -p purview-tower --example jobs`

use std::{
    collections::HashSet,
    future::pending,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use omniqueue::{
    Delivery,
    backends::{InMemoryBackend, InMemoryConsumer},
};
use purview::{CancelToken, Scope, Settled, fail_fast, settled, sleep};

const AT_ONCE: usize = 4;
const TIMEOUT: Duration = Duration::from_millis(50);
const GRACE: Duration = Duration::from_secs(1);

type Error = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), Error> {
    println!("all of 20: {:?}", run(20, 20).await?);
    println!("stopped after 7: {:?}", run(20, 7).await?);
    Ok(())
}

/// Works on so many jobs until `enough` are done, and stops.
pub(crate) async fn run(jobs: usize, enough: usize) -> Result<Tally, Error> {
    let (producer, mut consumer) = InMemoryBackend::builder().build_pair().await?;
    for number in 0..jobs {
        producer.send_serde_json(&number).await?;
    }
    let office = Arc::new(Office::new(enough));
    let (worker, driver) = settled::<Error>().name("worker").limit(AT_ONCE).open();
    let driver = tokio::spawn(driver);
    take_in(&worker, &mut consumer, &office).await?;
    // Jobs under way have their time. What is cut at the end of it goes back to the broker.
    drop(worker.shutdown(GRACE).await);
    drop(driver.await?);
    let mut waiting = 0;
    loop {
        let batch = consumer.receive_all(jobs, Duration::from_millis(20)).await?;
        if batch.is_empty() {
            return Ok(office.tally(waiting));
        }
        waiting += batch.len();
    }
}

/// What has become of the jobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) acknowledged: usize,
    /// How often one was given back to the broker.
    pub(crate) returned: usize,
    /// For the next worker.
    pub(crate) waiting: usize,
}

/// Takes jobs until the office has done enough.
async fn take_in(
    worker: &Scope<'static, Settled<Error>>,
    consumer: &mut InMemoryConsumer,
    office: &Arc<Office>,
) -> Result<(), Error> {
    loop {
        // A place first: what is taken from the broker is begun.
        let permit = worker.permit().await;
        let Some(delivery) = office.stop.run_until_cancelled(consumer.receive()).await else {
            return Ok(());
        };
        drop(permit.spawn(work(delivery?, office.clone())));
    }
}

async fn work(delivery: Delivery, office: Arc<Office>) -> Result<(), Error> {
    let number = delivery.payload_serde_json()?.ok_or("a job without a number")?;
    let done = AtomicBool::new(false);
    let job = fail_fast::<Error>().timeout(TIMEOUT).try_run(async |s| {
        s.defer(async {
            if done.load(SeqCst) {
                delivery.ack().await.map_err(|(error, _)| error)?;
                office.acknowledged();
            } else {
                delivery.nack().await.map_err(|(error, _)| error)?;
                office.returned.fetch_add(1, SeqCst);
            }
            Ok::<_, Error>(())
        });
        office.perform(number).await?;
        done.store(true, SeqCst);
        Ok(())
    });
    job.await
}

/// Where the work is done, and counted.
struct Office {
    seen: Mutex<HashSet<usize>>,
    acknowledged: AtomicUsize,
    returned: AtomicUsize,
    enough: usize,
    stop: CancelToken,
}

impl Office {
    fn new(enough: usize) -> Self {
        Self {
            seen: Mutex::default(),
            acknowledged: AtomicUsize::new(0),
            returned: AtomicUsize::new(0),
            enough,
            stop: CancelToken::new(),
        }
    }

    /// Some fail at the first attempt, and some take too long.
    async fn perform(&self, number: usize) -> Result<(), Error> {
        let is_first = self.seen.lock().expect("nothing panics in it").insert(number);
        match number % 5 {
            1 if is_first => Err("no connection".into()),
            2 if is_first => pending().await,
            _ => {
                sleep(Duration::from_micros(200)).await;
                Ok(())
            }
        }
    }

    fn acknowledged(&self) {
        if self.acknowledged.fetch_add(1, SeqCst) + 1 >= self.enough {
            self.stop.cancel();
        }
    }

    fn tally(&self, waiting: usize) -> Tally {
        Tally {
            acknowledged: self.acknowledged.load(SeqCst),
            returned: self.returned.load(SeqCst),
            waiting,
        }
    }
}
