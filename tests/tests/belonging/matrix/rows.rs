//! The futures that are moved.

use std::time::Duration;

use futures::{FutureExt, StreamExt, stream};
use purview::{
    Driver, FailFast, cancelled, fail_fast, gather, gather_stream, retry, settled, shield, sleep, try_scope,
};
use purview_tests::{ByHand, by_hand};

use super::probe::{Probe, Subject, VALUE};

/// What can be expected of a future in any place.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Kind {
    /// It sees the deadline around it, is told of the cancellation around it, and cleans up.
    Whole,
    /// What runs in it belongs to another scope, whose deadline it sees; it is cancelled when the future is dropped.
    Produced,
    /// What runs in it sees no deadline and is told of nothing: it holds the place in which it is polled.
    Shielded,
    /// It waits for the place in which it is polled to be cancelled.
    Waits,
    /// It waits for a time to come: three seconds, or a few milliseconds of real time.
    Sleeps,
}

/// A future, and what has to be polled beside it.
pub(super) struct Made {
    pub(super) subject: Subject,
    pub(super) beside: Option<ByHand<Driver<FailFast<()>>>>,
}

pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    /// Given the probe, and whether the future is polled first where time is real.
    pub(super) make: fn(Probe, bool) -> Made,
}

fn alone(subject: impl Future<Output = u32> + Send + 'static) -> Made {
    Made {
        subject: Box::pin(subject),
        beside: None,
    }
}

/// The inside, as something that could fail.
async fn fallible(probe: Probe) -> Result<u32, ()> {
    Ok(probe.inside().await)
}

fn a_producer(probe: Probe) -> Made {
    let (service, driver) = fail_fast::<()>().open();
    let mut items = service.produce(1, async |tx| tx.send(probe.inside().await).await.map_err(drop));
    Made {
        subject: Box::pin(async move {
            let _service = service;
            items.next().await.unwrap_or(0)
        }),
        beside: Some(by_hand(driver)),
    }
}

fn a_driver(probe: Probe) -> Made {
    let (service, driver) = fail_fast::<()>().open();
    let task = service.spawn(fallible(probe));
    service.close();
    alone(async move { if driver.await.is_ok() { task.await } else { 0 } })
}

const SHORT: Duration = Duration::from_millis(20);
const LONG: Duration = Duration::from_secs(3);

pub(super) const ROWS: [Row; 14] = [
    Row {
        name: "scope",
        kind: Kind::Whole,
        make: |probe, _| alone(probe.inside()),
    },
    Row {
        name: "try_scope",
        kind: Kind::Whole,
        make: |probe, _| {
            alone(try_scope(async |s| Ok(s.spawn(fallible(probe)).await)).map(|out: Result<_, ()>| out.unwrap_or(0)))
        },
    },
    Row {
        name: "fail_fast",
        kind: Kind::Whole,
        make: |probe, _| {
            alone(
                fail_fast::<()>()
                    .run(async |s| Ok(s.spawn(fallible(probe)).await))
                    .map(|out| out.unwrap_or(0)),
            )
        },
    },
    Row {
        name: "settled",
        kind: Kind::Whole,
        make: |probe, _| {
            let run = settled::<()>().run(async |s| Ok(s.spawn(fallible(probe)).await.unwrap_or(0)));
            alone(run.map(|out| out.map_or(0, |out| out.value)))
        },
    },
    Row {
        name: "gather",
        kind: Kind::Whole,
        make: |probe, _| alone(gather([fallible(probe)]).map(|out| out.map_or(0, |values| values[0]))),
    },
    Row {
        name: "gather!",
        kind: Kind::Whole,
        make: |probe, _| {
            let both = purview::gather!(fallible(probe), async { Ok::<_, ()>("at once") });
            alone(both.map(|out| out.map_or(0, |(value, _)| value)))
        },
    },
    Row {
        name: "as_completed",
        kind: Kind::Whole,
        make: |probe, _| {
            let mut items = gather([fallible(probe)]).as_completed();
            alone(async move { items.next().await.map_or(0, |(_, out)| out.unwrap_or(0)) })
        },
    },
    Row {
        name: "gather_stream",
        kind: Kind::Whole,
        make: |probe, _| {
            let mut items = Box::pin(gather_stream(stream::iter([fallible(probe)])).as_completed());
            alone(async move { items.next().await.map_or(0, |(_, out)| out.unwrap_or(0)) })
        },
    },
    Row {
        name: "produce",
        kind: Kind::Produced,
        make: |probe, _| a_producer(probe),
    },
    Row {
        name: "open driver",
        kind: Kind::Whole,
        make: |probe, _| a_driver(probe),
    },
    Row {
        name: "shield",
        kind: Kind::Shielded,
        make: |probe, _| alone(shield(probe.inside())),
    },
    Row {
        name: "cancelled",
        kind: Kind::Waits,
        make: |probe, _| {
            alone(async move {
                let why = cancelled().await;
                probe.log.note(format!("told {why:?}"));
                VALUE
            })
        },
    },
    Row {
        name: "retry",
        kind: Kind::Whole,
        make: |probe, _| {
            let tries = retry([Duration::ZERO; 3], move || fallible(probe.clone()));
            alone(tries.map(|out| out.unwrap_or(0)))
        },
    },
    Row {
        name: "sleep",
        kind: Kind::Sleeps,
        make: |_, real| alone(sleep(if real { SHORT } else { LONG }).map(|()| VALUE)),
    },
];
