//! A parallel child, or a closure, that is running on another thread when the scope's future is dropped.

use std::{
    sync::mpsc::{self, Receiver, Sender},
    thread,
    time::Duration,
};

use purview::{CancelReason, Driver, End, Policy, Scope, TaskInfo, settled, with_policy};
use purview_tests::{ByHand, HandExecutor, by_hand, watched};

struct Busy<P: Policy> {
    open: Scope<'static, P>,
    driver: ByHand<Driver<P>>,
    executor: HandExecutor,
    entered: Receiver<()>,
    leave: Sender<()>,
}

/// Runs the closure on a thread, and does `then` while it runs.
fn while_it_runs<P: Policy, T>(busy: &Busy<P>, then: impl FnOnce() -> T) -> T {
    let executor = busy.executor.clone();
    let thread = thread::spawn(move || executor.run_closure());
    busy.entered.recv().unwrap();
    let done = then();
    busy.leave.send(()).unwrap();
    thread.join().unwrap();
    done
}

// Failed: `len()` counts it for ever. Section 3: "s.len() /* children not yet ended, queued ones too */".
#[test]
fn it_is_not_counted_for_ever() {
    watched(|| {
        let (executor, (entered, enters), (lets, leave)) = (HandExecutor::new(), mpsc::channel(), mpsc::channel());
        let (open, driver) = settled::<()>().runtime(executor.clone()).open();
        let task = open.spawn_blocking(move |_| {
            entered.send(()).unwrap();
            leave.recv().unwrap();
            Ok(())
        });
        let mut busy = Busy {
            open,
            driver: by_hand(driver),
            executor,
            entered: enters,
            leave: lets,
        };
        assert!(busy.driver.poll_until_idle().is_pending());
        let driver = std::mem::replace(&mut busy.driver, by_hand(settled().open().1));
        while_it_runs(&busy, || drop(driver));
        assert!(by_hand(task).finish().is_err());
        assert_eq!(busy.open.len(), 0);
    });
}

// Failed: it is not in the report, which has to account for every child.
#[test]
fn the_report_of_a_shutdown_says_so() {
    watched(|| {
        let (executor, (entered, enters), (lets, leave)) = (HandExecutor::new(), mpsc::channel(), mpsc::channel());
        let (open, driver) = settled::<()>().runtime(executor.clone()).open();
        open.task().name("closure").spawn_blocking(move |_| {
            entered.send(()).unwrap();
            leave.recv().unwrap();
            Ok(())
        });
        let mut busy = Busy {
            open,
            driver: by_hand(driver),
            executor,
            entered: enters,
            leave: lets,
        };
        assert!(busy.driver.poll_until_idle().is_pending());
        let driver = std::mem::replace(&mut busy.driver, by_hand(settled().open().1));
        let open = busy.open.clone();
        let mut shutdown = by_hand(async move { open.shutdown(Duration::from_secs(1)).await });
        assert!(shutdown.poll().is_pending());
        while_it_runs(&busy, || drop(driver));
        let report = shutdown.finish();
        let names: Vec<_> = report.cut.iter().chain(&report.finished).map(TaskInfo::name).collect();
        assert_eq!(names, ["closure"]);
    });
}

/// Panics when it is asked what the task of a child yields that does not run.
struct Bad;

impl Policy for Bad {
    type Child<T> = T;
    type Joined<T> = T;
    type Output<R> = Option<R>;

    fn child_ended<T>(&mut self, _: &TaskInfo, end: End<T>) -> (Option<T>, std::ops::ControlFlow<()>) {
        let value = if let End::Returned(value) = end {
            Some(value)
        } else {
            None
        };
        (value, std::ops::ControlFlow::Continue(()))
    }

    fn body_ended<R>(&mut self, end: End<R>) -> (Option<R>, std::ops::ControlFlow<()>) {
        let value = if let End::Returned(value) = end {
            Some(value)
        } else {
            None
        };
        (value, std::ops::ControlFlow::Continue(()))
    }

    fn finish<R>(self, body: Option<R>, _: Option<CancelReason>) -> Option<R> {
        body
    }

    fn refused<T>(_: CancelReason) -> Option<T> {
        panic!("the policy does not know")
    }
}

// Failed: the task waits for ever, and never counts as finished. Section 1: "a defined error, never a hang".
#[test]
fn its_task_does_not_hang_when_the_policy_panics() {
    watched(|| {
        let (executor, (entered, enters), (lets, leave)) = (HandExecutor::new(), mpsc::channel(), mpsc::channel());
        let (open, driver) = with_policy(Bad).runtime(executor.clone()).open();
        let task = open.spawn_blocking(move |_| {
            entered.send(()).unwrap();
            leave.recv().unwrap();
            7
        });
        let mut busy = Busy {
            open,
            driver: by_hand(driver),
            executor,
            entered: enters,
            leave: lets,
        };
        assert!(busy.driver.poll_until_idle().is_pending());
        let driver = std::mem::replace(&mut busy.driver, by_hand(with_policy(Bad).open().1));
        let dropped = while_it_runs(&busy, || {
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(driver)))
        });
        assert!(dropped.is_ok(), "the drop of the driver does not panic");
        let mut task = by_hand(purview_tests::caught(task));
        assert!(task.poll_until_idle().is_ready(), "its scope has ended");
    });
}
