//! When a gather has resolved or been dropped, so has every future that was given to it, those that never started too.

use std::{
    future::{pending, ready},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    task::{Context, Poll},
    time::Duration,
};

use futures::{FutureExt, StreamExt, future::Either, stream};
use purview::{gather, gather_stream};
use purview_tests::{Log, TestClock, by_hand, polled_on_every_runtime};

const SECOND: Duration = Duration::from_secs(1);

/// Fails or succeeds at once, or never ends; counted while it lives.
struct Counted(Arc<AtomicUsize>, Option<Result<usize, usize>>);

impl Counted {
    fn new(alive: &Arc<AtomicUsize>, end: Option<Result<usize, usize>>) -> Self {
        alive.fetch_add(1, SeqCst);
        Self(alive.clone(), end)
    }
}

impl Future for Counted {
    type Output = Result<usize, usize>;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        self.1.map_or(Poll::Pending, Poll::Ready)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

/// Futures 0 to 9: the first two never end, the third one does, and the others would wait for their turn.
fn ten(alive: &Arc<AtomicUsize>, third: Result<usize, usize>) -> Vec<Counted> {
    (0..10)
        .map(|n| Counted::new(alive, (n == 2).then_some(third)))
        .collect()
}

/// Polls by reference, as `select!` does: what is left over would still be there afterwards.
#[track_caller]
fn leaves_no_future<F: Future<Output: std::fmt::Debug>>(alive: &Arc<AtomicUsize>, gather: F, clock: &TestClock) {
    let mut gather = Box::pin(gather);
    let mut once = by_hand(gather.as_mut());
    if once.poll_until_idle().is_pending() {
        clock.advance(SECOND);
        once.finish();
    }
    assert_eq!(alive.load(SeqCst), 0, "futures are left");
}

fn when_it_resolves() {
    let (alive, clock) = (Arc::default(), TestClock::new());
    leaves_no_future(&alive, gather(ten(&alive, Err(2))).limit(3), &clock);
    leaves_no_future(&alive, gather(ten(&alive, Err(2))).limit(3).first(), &clock);
    leaves_no_future(&alive, gather(ten(&alive, Ok(2))).limit(3).first_success(), &clock);
    leaves_no_future(&alive, gather(ten(&alive, Ok(2))).limit(3).quorum(1), &clock);
    leaves_no_future(&alive, gather(ten(&alive, Ok(2))).quorum(0), &clock);
    leaves_no_future(&alive, gather(ten(&alive, Ok(2))).quorum(11), &clock);
    let late = || {
        gather(ten(&alive, Ok(2)))
            .limit(3)
            .timeout(SECOND)
            .runtime(clock.clone())
    };
    leaves_no_future(&alive, late(), &clock);
    leaves_no_future(&alive, late().settled(), &clock);
    leaves_no_future(&alive, late().as_completed().collect::<Vec<_>>(), &clock);
    leaves_no_future(&alive, late().for_each(|_, _| ready(())), &clock);
    leaves_no_future(&alive, late().timeout(Duration::ZERO).settled(), &clock);
    let [a, b, c] = [None, Some(Err(1)), None].map(|end| Counted::new(&alive, end));
    leaves_no_future(&alive, gather!(a, b, c).limit(2), &clock);
}

fn a_stream_is_dropped_too() {
    let (alive, clock) = (Arc::default(), TestClock::new());
    let source = || {
        let guard = Counted::new(&alive, None);
        stream::iter(ten(&alive, Ok(2))).chain(stream::poll_fn(move |_| {
            let _ = &guard;
            Poll::Pending
        }))
    };
    leaves_no_future(&alive, gather_stream(source()).limit(3).first(), &clock);
    leaves_no_future(&alive, gather_stream(source()).first_success(), &clock);
    leaves_no_future(&alive, gather_stream(source()).quorum(0), &clock);
    let late = || gather_stream(source()).timeout(SECOND).runtime(clock.clone());
    leaves_no_future(&alive, late().settled(), &clock);
    leaves_no_future(&alive, late(), &clock);
    leaves_no_future(&alive, late().for_each(|_, _| ready(())), &clock);
}

fn traced(log: &Log) -> Vec<impl Future<Output = Result<(), ()>>> {
    ["0", "1", "2", "3"]
        .map(|name| log.traced(name, pending()))
        .into_iter()
        .collect()
}

const NEWEST_FIRST: [&str; 4] = ["3 dropped", "2 dropped", "1 dropped", "0 dropped"];

fn they_go_newest_first() {
    let log = Log::new();
    let clock = TestClock::new();

    let mut late = by_hand(gather(traced(&log)).limit(2).timeout(SECOND).runtime(clock.clone()));
    assert!(late.poll_until_idle().is_pending());
    log.clear();
    clock.advance(SECOND);
    late.finish().expect_err("late");
    assert_eq!(log.entries(), NEWEST_FIRST);

    let mut dropped = by_hand(gather(traced(&log)).limit(2));
    assert!(dropped.poll_until_idle().is_pending());
    log.clear();
    drop(dropped);
    assert_eq!(log.entries(), NEWEST_FIRST);

    log.clear();
    drop(gather(traced(&log)));
    assert_eq!(
        log.entries(),
        NEWEST_FIRST,
        "nor does it matter that it was never polled"
    );

    let four = || {
        let mut four = traced(&log).into_iter();
        let mut next = || four.next().expect("one of four");
        gather!(next(), next(), next(), next())
    };
    let mut dropped = by_hand(four().limit(2));
    assert!(dropped.poll_until_idle().is_pending());
    log.clear();
    drop(dropped);
    assert_eq!(log.entries(), NEWEST_FIRST);
    log.clear();
    drop(four());
    assert_eq!(log.entries(), NEWEST_FIRST);
}

fn one_that_ends_is_dropped_before_its_end_is_reported() {
    let log = Log::new();
    let gone = log.clone();
    let ready = log.traced("done", ready(Ok::<_, ()>(1)));
    let futures = [Either::Left(ready), Either::Right(pending::<Result<_, ()>>())];
    let mut each = by_hand(gather(futures).for_each(move |_, _| {
        assert!(gone.has("done dropped"));
        ready_now()
    }));
    assert!(each.poll_until_idle().is_pending());
    assert!(log.has("done dropped"));
}

fn ready_now() -> std::future::Ready<()> {
    ready(())
}

fn the_call_of_a_for_each_goes_before_the_futures_do() {
    let log = Log::new();
    let futures = [
        ready(Ok::<_, ()>(0)).left_future(),
        log.traced("future", pending()).right_future(),
    ];
    let mut each = by_hand(gather(futures).for_each(|_, _| log.traced("call", pending())));
    assert!(each.poll_until_idle().is_pending());
    log.clear();
    drop(each);
    assert_eq!(log.entries(), ["call dropped", "future dropped"]);
}

fn a_stream_is_dropped_as_soon_as_it_has_ended() {
    let log = Log::new();
    let guard = log.on_drop("stream");
    let source = stream::iter([1, 2]).map(move |_| {
        let _ = &guard;
        pending::<Result<(), ()>>()
    });
    let mut all = by_hand(gather_stream(source));
    assert!(all.poll_until_idle().is_pending());
    assert_eq!(log.entries(), ["stream dropped"]);
}

polled_on_every_runtime!(
    a_stream_is_dropped_as_soon_as_it_has_ended,
    when_it_resolves,
    a_stream_is_dropped_too,
    they_go_newest_first,
    one_that_ends_is_dropped_before_its_end_is_reported,
    the_call_of_a_for_each_goes_before_the_futures_do,
);
