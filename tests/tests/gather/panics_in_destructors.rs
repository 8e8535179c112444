//! A destructor that panics keeps no other from being dropped, is reported once, and never aborts the process.

use std::{any::Any, future::pending, panic::panic_any, time::Duration};

use futures::{FutureExt, StreamExt};
use purview::{TaskError, checkpoint, gather, settled};
use purview_tests::{Log, NotesDrop, TestClock, by_hand, caught, polled_on_every_runtime};

const SECOND: Duration = Duration::from_secs(1);

/// Panics when dropped, even while its thread is unwinding, which then aborts the process.
struct Bomb {
    name: &'static str,
    _noted: NotesDrop,
}

impl Drop for Bomb {
    fn drop(&mut self) {
        panic_any(self.name);
    }
}

/// Never ends, and all of them panic when they are dropped.
fn bombs(log: &Log) -> [impl Future<Output = Result<(), ()>> + use<>; 3] {
    ["0", "1", "2"].map(|name| {
        let bomb = Bomb {
            name,
            _noted: log.on_drop(name),
        };
        async move {
            let _bomb = bomb;
            pending().await
        }
    })
}

const ALL: [&str; 3] = ["2 dropped", "1 dropped", "0 dropped"];

/// Dropped by itself it lets nothing out: an executor that drops it need not expect a panic.
#[track_caller]
fn explodes_unheard(log: &Log, gather: Box<dyn Any + Send>) {
    log.clear();
    drop(gather);
    assert_eq!(log.entries(), ALL);
}

/// What a scope hears that drops it.
fn panic_of_dropping(gather: Box<dyn Any + Send>) -> Option<String> {
    let mut outer = by_hand(settled::<()>().run(async |s| {
        let child = s.spawn(async move {
            let _gather = gather;
            pending::<Result<(), ()>>().await
        });
        checkpoint().await;
        child.cancel();
        match child.await {
            Err(TaskError::Panicked(panic)) => Ok(panic.message().map(str::to_owned)),
            _ => Ok(None),
        }
    }));
    outer.finish().expect("the body returned").value
}

/// A scope around it hears of the panic, once.
#[track_caller]
fn explodes_once(log: &Log, gather: Box<dyn Any + Send>) {
    log.clear();
    let message = panic_of_dropping(gather);
    assert_eq!(
        (message.as_deref(), log.entries()),
        (Some("2"), ALL.map(str::to_owned).to_vec())
    );
}

fn when_the_gather_is_dropped() {
    let log = Log::new();
    for explodes in [explodes_unheard, explodes_once] {
        for limit in [1, 2, 3] {
            let mut half_way = by_hand(gather(bombs(&log)).limit(limit));
            assert!(half_way.poll_until_idle().is_pending());
            explodes(&log, Box::new(half_way));

            let [a, b, c] = bombs(&log);
            let mut half_way = by_hand(gather!(a, b, c).limit(limit));
            assert!(half_way.poll_until_idle().is_pending());
            explodes(&log, Box::new(half_way));
        }
        explodes(&log, Box::new(gather(bombs(&log))));
        let [a, b, c] = bombs(&log);
        explodes(&log, Box::new(gather!(a, b, c)));
    }
}

fn when_another_one_fails() {
    for limit in [2, 4] {
        let log = Log::new();
        let [a, b, c] = bombs(&log).map(FutureExt::boxed_local);
        let fails = FutureExt::boxed_local(async { Err(()) });
        let mut failing = by_hand(caught(gather([a, fails, b, c]).limit(limit)));
        assert_eq!(failing.finish().map(drop), Err("2".to_owned()));
        assert_eq!(log.entries(), ALL);

        let [a, b, c] = bombs(&log);
        log.clear();
        let mut failing = by_hand(caught(gather!(a, async { Err::<(), _>(()) }, b, c).limit(limit)));
        assert_eq!(failing.finish().map(drop), Err("2".to_owned()));
        assert_eq!(log.entries(), ALL);
    }
}

fn where_each_future_is_reported_by_itself_so_is_its_panic() {
    let clock = TestClock::new();
    let messages = |results: Vec<Result<(), TaskError<()>>>| {
        results
            .into_iter()
            .map(|result| match result {
                Err(TaskError::Panicked(panic)) => panic.message().map(str::to_owned),
                _ => None,
            })
            .collect::<Vec<_>>()
    };
    let each = ["0", "1", "2"].map(|name| Some(name.to_owned()));
    for limit in [1, 3] {
        let log = Log::new();
        let late = || gather(bombs(&log)).limit(limit).timeout(SECOND).runtime(clock.clone());

        let mut settled = by_hand(late().settled());
        assert!(settled.poll_until_idle().is_pending());
        clock.advance(SECOND);
        assert_eq!(messages(settled.finish()), each);

        let mut done = by_hand(late().as_completed().map(|(_, result)| result).collect::<Vec<_>>());
        assert!(done.poll_until_idle().is_pending());
        clock.advance(SECOND);
        assert_eq!(messages(done.finish()), each);

        let [a, b, c] = bombs(&log);
        let mut mixed = by_hand(
            gather!(a, b, c)
                .limit(limit)
                .timeout(SECOND)
                .runtime(clock.clone())
                .settled(),
        );
        assert!(mixed.poll_until_idle().is_pending());
        clock.advance(SECOND);
        let (a, b, c) = mixed.finish();
        assert_eq!(messages(vec![a, b, c]), each);
    }
}

fn a_panic_that_has_not_been_reported_yet_is_heard_of_when_the_stream_is_dropped() {
    for limit in [1, 3] {
        let (clock, log) = (TestClock::new(), Log::new());
        let late = gather(bombs(&log)).limit(limit).timeout(SECOND).runtime(clock.clone());
        let mut done = late.as_completed();
        assert!(by_hand(done.next()).poll_until_idle().is_pending());
        clock.advance(SECOND);
        let first = by_hand(done.next()).finish();
        assert!(matches!(first, Some((0, Err(TaskError::Panicked(_))))));
        assert_eq!(log.entries(), ALL);
        assert_eq!(panic_of_dropping(Box::new(done)).as_deref(), Some("2"));
    }
}

fn a_panic_that_is_to_be_reported_at_the_end_is_heard_of_when_the_gather_is_dropped_before() {
    let panics = async || panic!("0") as Result<(), ()>;
    let mut half_way = by_hand(gather!(panics(), pending::<Result<(), ()>>()).settled());
    assert!(half_way.poll_until_idle().is_pending());
    assert_eq!(panic_of_dropping(Box::new(half_way)).as_deref(), Some("0"));
    let alike = || [panics().boxed(), pending().boxed()];
    let mut half_way = by_hand(gather(alike()).settled());
    assert!(half_way.poll_until_idle().is_pending());
    assert_eq!(panic_of_dropping(Box::new(half_way)).as_deref(), Some("0"));
    let mut half_way = by_hand(gather(alike()).first_success());
    assert!(half_way.poll_until_idle().is_pending());
    assert_eq!(panic_of_dropping(Box::new(half_way)).as_deref(), Some("0"));
}

fn a_value_whose_future_panics_as_it_is_dropped_is_a_panic() {
    let log = Log::new();
    let bomb = || Bomb {
        name: "boom",
        _noted: log.on_drop("bomb"),
    };
    let ready_with = |bomb| async move {
        let _bomb = bomb;
        Ok::<_, ()>(())
    };
    let mut failed = by_hand(caught(gather([ready_with(bomb())])));
    assert_eq!(failed.finish().map(drop), Err("boom".to_owned()));
    let mut settled = by_hand(gather([ready_with(bomb())]).settled());
    assert!(matches!(&settled.finish()[..], [Err(TaskError::Panicked(_))]));
}

polled_on_every_runtime!(
    a_panic_that_has_not_been_reported_yet_is_heard_of_when_the_stream_is_dropped,
    a_panic_that_is_to_be_reported_at_the_end_is_heard_of_when_the_gather_is_dropped_before,
    when_the_gather_is_dropped,
    when_another_one_fails,
    where_each_future_is_reported_by_itself_so_is_its_panic,
    a_value_whose_future_panics_as_it_is_dropped_is_a_panic,
);
