//! What an open scope resolves to, its driver resolves to.

use std::future::pending;

use purview::{CancelReason, TaskError, fail_fast, settled, with_policy};
use purview_tests::{Gate, Log, by_hand, caught, polled_on_every_runtime, yields};

fn the_first_failure_ends_a_fail_fast_scope() {
    let log = Log::new();
    let guard = log.on_drop("sibling");
    let (open, driver) = fail_fast::<&str>().open();
    let mut driver = by_hand(driver);
    drop(open.spawn(async move {
        let _guard = guard;
        pending::<Result<(), _>>().await
    }));
    assert!(driver.poll_until_idle().is_pending());
    drop(open.task().name("culprit").spawn(async { Err::<(), _>("no") }));
    let error = driver.finish().expect_err("a child failed");
    assert_eq!(error.reason(), &CancelReason::Failed);
    assert_eq!(error.failures()[0].task.name(), "culprit");
    assert_eq!(error.into_failure(), Some("no"));
    assert_eq!(log.entries(), ["sibling dropped"]);
    assert!(open.is_cancelled());
}

fn failures_that_were_not_awaited_come_out_of_a_settled_scope() {
    let (open, driver) = settled::<usize>().open();
    let mut driver = by_hand(driver);
    let seen = open.spawn(async { Err::<(), _>(0) });
    for i in 1..4 {
        drop(open.spawn(async move {
            yields(i).await;
            if i == 2 { Ok(()) } else { Err(i) }
        }));
    }
    assert!(driver.poll_until_idle().is_pending());
    assert!(matches!(by_hand(seen).finish(), Err(TaskError::Failed(0))));
    drop(open);
    let settlement = driver.finish().unwrap();
    let left: Vec<_> = settlement
        .failures
        .iter()
        .map(|failure| failure.error.to_string())
        .collect();
    assert_eq!(left, ["1", "3"]);
    assert_eq!(settlement.stopped, None);
}

fn a_panic_goes_on_in_what_awaits_it() {
    let (open, driver) = fail_fast::<&str>().open();
    let mut driver = by_hand(caught(driver));
    drop(open.spawn(async {
        if true {
            panic!("out of cheese");
        }
        Ok(())
    }));
    assert_eq!(driver.finish().unwrap_err(), "out of cheese");
}

fn cancelled_on_request_it_has_no_failure() {
    let (open, driver) = fail_fast::<&str>().open();
    let mut driver = by_hand(driver);
    drop(open.spawn(pending::<Result<(), _>>()));
    assert!(driver.poll_until_idle().is_pending());
    open.cancel_with("enough");
    assert!(driver.finish().is_ok());
    assert!(open.is_cancelled());
    assert_eq!(
        open.token().reason(),
        Some(CancelReason::Requested(Some("enough".into())))
    );
}

fn a_settled_scope_says_that_it_was_cut_short() {
    let (open, driver) = settled::<&str>().open();
    let mut driver = by_hand(driver);
    let task = open.spawn(pending::<Result<(), _>>());
    assert!(driver.poll_until_idle().is_pending());
    open.cancel_with("enough");
    let why = CancelReason::Requested(Some("enough".into()));
    assert_eq!(driver.finish().unwrap().stopped, Some(why.clone()));
    assert!(matches!(by_hand(task).finish(), Err(TaskError::Cancelled(reason)) if reason == why));
}

fn a_policy_of_ones_own_gives_what_it_gives() {
    let (open, driver) = with_policy(Counts(0)).open();
    let mut driver = by_hand(driver);
    let (gate, tasks) = (Gate::new(), [1, 2, 3]);
    for i in tasks {
        let wait = gate.wait();
        drop(open.spawn(async move {
            wait.await;
            i
        }));
    }
    drop(open);
    assert!(driver.poll_until_idle().is_pending());
    gate.open();
    assert_eq!(driver.finish(), (3, None));
}

/// How many children returned.
struct Counts(usize);

impl purview::Policy for Counts {
    type Child<T> = T;
    type Joined<T> = T;
    type Output<R> = (usize, Option<CancelReason>);

    fn child_ended<T>(
        &mut self,
        _: &purview::TaskInfo,
        end: purview::End<T>,
    ) -> (Option<T>, std::ops::ControlFlow<()>) {
        let value = if let purview::End::Returned(value) = end {
            Some(value)
        } else {
            None
        };
        self.0 += usize::from(value.is_some());
        (value, std::ops::ControlFlow::Continue(()))
    }

    fn body_ended<R>(&mut self, _: purview::End<R>) -> (Option<R>, std::ops::ControlFlow<()>) {
        unreachable!("an open scope has no body")
    }

    fn finish<R>(self, _: Option<R>, stop: Option<CancelReason>) -> Self::Output<R> {
        (self.0, stop)
    }
}

polled_on_every_runtime!(
    the_first_failure_ends_a_fail_fast_scope,
    failures_that_were_not_awaited_come_out_of_a_settled_scope,
    a_panic_goes_on_in_what_awaits_it,
    cancelled_on_request_it_has_no_failure,
    a_settled_scope_says_that_it_was_cut_short,
    a_policy_of_ones_own_gives_what_it_gives,
);
