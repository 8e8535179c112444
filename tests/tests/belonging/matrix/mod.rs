//! Every kind of future, polled first in every kind of place and awaited then in every other: one test for each kind of
//! future, which names the cell that fails.

mod places;
mod probe;
mod rows;

use std::{
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind},
    task::Poll,
};

use purview::Timer;
use purview_tests::{TestClock, message_of, on_every_runtime_and_in_virtual_time};

use self::{
    places::{FIRST, First, Place, SECOND, THEN, Then},
    probe::{Probe, Seen, VALUE},
    rows::{Kind, Made, ROWS, Row},
};

/// One future in one cell, moved already.
struct Moved {
    clock: TestClock,
    probe: Probe,
    kind: Kind,
    /// It sleeps until a time of the runtime's own clock.
    in_real_time: bool,
    then: Then,
    old: Option<Place<()>>,
    new: Place<Option<u32>>,
    beside: Option<purview_tests::ByHand<purview::Driver<purview::FailFast<()>>>>,
    begun: std::time::Instant,
}

impl Moved {
    fn new(row: &Row, first: First, then: Then) -> Self {
        let (clock, probe) = (TestClock::new(), Probe::default());
        let Made { subject, mut beside } = (row.make)(probe.clone(), first == First::Outside);
        if let Some(driver) = &mut beside {
            assert!(driver.poll_until_idle().is_pending());
        }
        let (subject, old) = first.poll(&clock, subject);
        let begun = clock.now();
        let new = then.await_in(&clock, subject);
        Self {
            clock,
            probe,
            kind: row.kind,
            in_real_time: row.kind == Kind::Sleeps && first == First::Outside,
            then,
            old,
            new,
            beside,
            begun,
        }
    }

    /// Polls all there is until nothing is woken.
    fn settle(&mut self) -> Poll<Option<u32>> {
        for _ in 0..4 {
            let polled = self.new.run().poll_until_idle();
            if let Some(driver) = &mut self.beside {
                let _ = driver.poll_until_idle();
            }
            if polled.is_ready() {
                return polled;
            }
        }
        Poll::Pending
    }

    /// The place it was polled in first is cancelled: it resolves at once, and the future is told of nothing.
    fn leave_the_old_place(&mut self) {
        assert!(self.settle().is_pending(), "it was ready too early");
        if let Some(old) = &mut self.old {
            old.token().cancel();
            assert!(
                old.run().poll_until_idle().is_ready(),
                "it holds the place that it has left"
            );
        }
        assert!(
            self.settle().is_pending(),
            "it has ended with the place that it has left"
        );
        let noted = self.probe.log.entries();
        assert!(noted.is_empty(), "it was told of the place that it has left: {noted:?}");
    }

    async fn gives_its_value(mut self) {
        if self.in_real_time {
            let value = poll_fn(|cx| self.new.run().poll_with(cx.waker())).await;
            assert_eq!(value, Some(VALUE));
            return;
        }
        self.leave_the_old_place();
        if matches!(self.kind, Kind::Whole | Kind::Produced | Kind::Shielded) {
            self.probe.look.open();
            assert!(self.settle().is_pending());
            let expected = match self.kind {
                Kind::Whole => self.then.deadline().map(|after| self.begun + after),
                _ => None,
            };
            assert_eq!(self.probe.seen(), Some(Seen(expected)), "the deadline inside");
        }
        if self.kind == Kind::Waits {
            if self.then == Then::AwaitedOutside {
                return;
            }
            self.then.cancel(&self.clock, &self.new);
            let _ = self.settle();
            assert_eq!(self.probe.log.entries().len(), 1, "it is told of where it is");
            return;
        }
        self.probe.go.open();
        self.clock.advance(3 * SECOND);
        assert_eq!(self.settle(), Poll::Ready(Some(VALUE)));
    }

    fn goes_with_its_place(mut self) {
        self.leave_the_old_place();
        self.then.cancel(&self.clock, &self.new);
        let polled = self.settle();
        let noted = self.probe.log.entries();
        match self.kind {
            Kind::Whole => {
                assert!(polled.is_ready(), "its place did not resolve: {noted:?}");
                assert_eq!(noted, ["told Parent", "cleaned up"]);
            }
            Kind::Produced => {
                assert_eq!(polled, Poll::Ready(None), "{noted:?}");
                assert_eq!(noted, ["told Parent", "cleaned up"]);
            }
            Kind::Shielded => {
                assert!(polled.is_pending(), "it does not hold the place that it is in");
                assert_eq!(noted, [] as [&str; 0]);
                self.probe.look.open();
                self.probe.go.open();
                assert!(self.settle().is_ready());
            }
            Kind::Waits => {
                assert!(polled.is_ready());
                assert_eq!(noted.len(), 1, "it is told of where it is: {noted:?}");
            }
            Kind::Sleeps => assert_eq!(polled, Poll::Ready(None)),
        }
    }
}

/// Tries every cell of a row, and says which of them failed.
async fn row(name: &str) {
    let row = ROWS.iter().find(|row| row.name == name).expect("a row of that name");
    let mut failed = Vec::new();
    for first in FIRST {
        for then in THEN {
            let cell = format!("{name}, first {first:?}, then {then:?}");
            let value = AssertUnwindSafe(async { Moved::new(row, first, then).gives_its_value().await });
            if let Err(message) = purview_tests::caught(value).await {
                failed.push(format!("{cell}: {message}"));
            }
            // Outside nothing can be cancelled, and a sleep is over when the time of a timeout has come.
            let is_over = row.kind == Kind::Sleeps && (first == First::Outside || then == Then::InATimeout);
            if then == Then::AwaitedOutside || is_over {
                continue;
            }
            let cancelled = || Moved::new(row, first, then).goes_with_its_place();
            if let Err(payload) = catch_unwind(AssertUnwindSafe(cancelled)) {
                failed.push(format!("{cell}, cancelled: {}", message_of(&*payload)));
            }
        }
    }
    assert!(
        failed.is_empty(),
        "{} cells failed:\n{}",
        failed.len(),
        failed.join("\n")
    );
}

macro_rules! rows {
    ($($test:ident: $name:expr,)+) => {
        $(async fn $test() {
            row($name).await;
        })+
        on_every_runtime_and_in_virtual_time!($($test),+);
    };
}

rows! {
    a_scope: "scope",
    a_try_scope: "try_scope",
    a_fail_fast_scope: "fail_fast",
    a_settled_scope: "settled",
    a_gather: "gather",
    a_gather_of_different_types: "gather!",
    a_stream_of_a_gather: "as_completed",
    a_gather_of_a_stream: "gather_stream",
    the_stream_of_a_producer: "produce",
    the_driver_of_an_open_scope: "open driver",
    a_shield: "shield",
    a_wait_for_cancellation: "cancelled",
    a_retry: "retry",
    a_sleep: "sleep",
}
