//! A child that another thread is polling when it is cancelled finishes that poll and is dropped there.

use std::{
    future::pending,
    pin::Pin,
    sync::mpsc::{self, Receiver, Sender},
    task::{Context, Poll, Waker},
    thread,
    time::Duration,
};

use purview::{CancelReason, TaskError, fail_fast, settled, shield};
use purview_tests::{
    ByHand, CallsOnDrop, Gate, HandExecutor, Log, NotesDrop, PanicsOnDrop, by_hand, caught, poll_once,
};

/// Says that it is being polled, waits in that poll until it is told what to answer, and notes its drop.
struct Watched<T> {
    entered: Sender<()>,
    answer: Receiver<Poll<T>>,
    log: Log,
    _guard: NotesDrop,
}

/// The test's end of a [`Watched`].
struct Watch<T> {
    entered: Receiver<()>,
    answer: Sender<Poll<T>>,
}

fn watched<T>(log: &Log) -> (Watch<T>, Watched<T>) {
    let ((says, entered), (answer, hears)) = (mpsc::channel(), mpsc::channel());
    let child = Watched {
        entered: says,
        answer: hears,
        log: log.clone(),
        _guard: log.on_drop("child"),
    };
    (Watch { entered, answer }, child)
}

impl<T> Future for Watched<T> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        self.log.note("poll begins");
        self.entered.send(()).unwrap();
        let answer = self.answer.recv().unwrap();
        self.log.note("poll ends");
        if answer.is_pending() {
            // A further poll of it polls nothing that was cancelled.
            cx.waker().wake_by_ref();
        }
        answer
    }
}

impl<T: Send + 'static> Watch<T> {
    /// Has the executor poll the child on a thread of its own, `then` does something while the poll lasts, and the
    /// poll answers.
    fn during_the_poll<R>(&self, executor: &HandExecutor, then: impl FnOnce() -> R, answer: Poll<T>) -> R {
        let elsewhere = executor.clone();
        let thread = thread::spawn(move || elsewhere.run_one());
        self.entered.recv().unwrap();
        let done = then();
        self.answer.send(answer).unwrap();
        assert!(thread.join().expect("the executor's thread does not panic"));
        done
    }
}

impl Watch<()> {
    /// The driver heeds the cancellation while the poll lasts, and the child has ended by the end of that.
    fn cancelled_during_the_poll<F: Future>(
        &self,
        executor: &HandExecutor,
        driver: &mut ByHand<F>,
        cancel: impl FnOnce(),
    ) {
        let heeded = || {
            cancel();
            assert!(driver.poll_until_idle().is_pending());
        };
        self.during_the_poll(executor, heeded, Poll::Ready(()));
    }
}

#[test]
fn when_the_scope_future_is_dropped_it_is_dropped_there_and_never_polled_again() {
    let (executor, log) = (HandExecutor::new(), Log::new());
    let (watch, child) = watched::<Result<(), &str>>(&log);
    let mut run = by_hand(fail_fast().runtime(executor.clone()).run(async |s| {
        drop(s.spawn_parallel(child));
        Ok(())
    }));
    assert!(run.poll_until_idle().is_pending());
    watch.during_the_poll(
        &executor,
        || {
            drop(run);
            log.note("scope dropped");
        },
        Poll::Pending,
    );
    assert_eq!(
        log.entries(),
        ["poll begins", "scope dropped", "poll ends", "child dropped"]
    );
    executor.run();
    assert_eq!((log.entries().len(), executor.futures()), (4, 0));
}

#[test]
fn a_value_that_comes_too_late_is_dropped_and_its_panic_stays_off_the_executor() {
    let (executor, log) = (HandExecutor::new(), Log::new());
    let (watch, child) = watched::<Result<PanicsOnDrop, &str>>(&log);
    let mut run = by_hand(settled().runtime(executor.clone()).run(async |s| {
        drop(s.spawn_parallel(child));
        Ok(())
    }));
    assert!(run.poll_until_idle().is_pending());
    let value = PanicsOnDrop("of a value that is not awaited");
    watch.during_the_poll(&executor, || drop(run), Poll::Ready(Ok(value)));
    assert!(log.has("child dropped"));
}

#[test]
fn a_task_kept_past_the_drop_of_its_scope_is_told() {
    let (executor, log) = (HandExecutor::new(), Log::new());
    let (watch, child) = watched::<Result<(), &str>>(&log);
    let mut kept = None;
    let slot = &mut kept;
    let mut run = by_hand(settled().runtime(executor.clone()).run(async move |s| {
        *slot = Some(s.spawn_parallel(child));
        pending::<Result<(), _>>().await
    }));
    assert!(run.poll_until_idle().is_pending());
    watch.during_the_poll(&executor, || drop(run), Poll::Ready(Ok(())));
    let outcome = by_hand(kept.expect("spawned")).finish();
    assert!(
        matches!(outcome, Err(TaskError::Cancelled(CancelReason::Requested(Some(_))))),
        "{outcome:?}"
    );
}

#[test]
fn a_task_awaited_on_another_thread_is_woken_when_the_scope_is_dropped_meanwhile() {
    let (executor, log) = (HandExecutor::new(), Log::new());
    let (watch, child) = watched::<Result<(), &str>>(&log);
    let (open, driver) = settled::<&str>().runtime(executor.clone()).open();
    let mut driver = by_hand(driver);
    let mut task = by_hand(open.spawn_parallel(child));
    assert!(driver.poll_until_idle().is_pending());
    assert!(task.poll().is_pending());
    watch.during_the_poll(&executor, || drop(driver), Poll::Pending);
    assert_eq!(task.wakes(), 1);
    assert!(matches!(task.finish(), Err(TaskError::Cancelled(_))));
}

#[test]
fn in_fail_fast_such_a_task_panics_and_does_not_hang() {
    let (executor, log) = (HandExecutor::new(), Log::new());
    let (watch, child) = watched::<Result<(), &str>>(&log);
    let (open, driver) = fail_fast::<&str>().runtime(executor.clone()).open();
    let mut driver = by_hand(driver);
    let mut task = by_hand(caught(open.spawn_parallel(child)));
    assert!(driver.poll_until_idle().is_pending());
    assert!(task.poll().is_pending());
    watch.during_the_poll(&executor, || drop(driver), Poll::Pending);
    assert_eq!(task.wakes(), 1);
    let message = task.finish().unwrap_err();
    assert!(message.contains("its scope has ended"), "{message}");
}

#[test]
fn a_scope_that_is_cancelled_and_awaited_waits_for_it() {
    let (executor, log) = (HandExecutor::new(), Log::new());
    let (watch, child) = watched::<Result<(), &str>>(&log);
    let (open, driver) = fail_fast().runtime(executor.clone()).open();
    let mut driver = by_hand(driver);
    drop(open.spawn_parallel(child));
    assert!(driver.poll_until_idle().is_pending());
    let before = watch.during_the_poll(
        &executor,
        || {
            open.cancel_with("enough");
            assert!(driver.poll_until_idle().is_pending());
            assert!(!log.has("child dropped"));
            driver.wakes()
        },
        Poll::Pending,
    );
    assert!(log.has("child dropped"));
    assert_eq!(driver.wakes(), before + 1, "the end of the poll wakes the scope, once");
    assert!(driver.finish().is_ok(), "cancelled on request, and nothing failed");
    assert_eq!(log.entries(), ["poll begins", "poll ends", "child dropped"]);
}

/// A child that is cancelled in its first poll, and takes up a shield before that poll ends.
fn takes_up_a_shield(
    watch: Watched<()>,
    clean_up: Gate,
    log: &Log,
) -> impl Future<Output = Result<(), &'static str>> + Send + use<> {
    let log = log.clone();
    async move {
        watch.await;
        shield(clean_up.wait()).await;
        log.note("cleaned up");
        Ok(())
    }
}

#[test]
fn one_that_holds_by_the_end_of_that_poll_cleans_up() {
    let (executor, log, gate) = (HandExecutor::new(), Log::new(), Gate::new());
    let (watch, child) = watched::<()>(&log);
    let (open, driver) = fail_fast().runtime(executor.clone()).open();
    let mut driver = by_hand(driver);
    drop(open.spawn_parallel(takes_up_a_shield(child, gate.clone(), &log)));
    assert!(driver.poll_until_idle().is_pending());
    watch.cancelled_during_the_poll(&executor, &mut driver, || open.cancel());
    assert!(driver.poll_until_idle().is_pending());
    gate.open();
    executor.run();
    assert!(log.has("cleaned up"));
    assert!(driver.finish().is_ok());
}

#[test]
fn not_when_the_grace_is_over() {
    for grace in [Duration::ZERO, Duration::from_secs(1)] {
        let (executor, log, gate) = (HandExecutor::new(), Log::new(), Gate::new());
        let (watch, child) = watched::<()>(&log);
        let (open, driver) = fail_fast().runtime(executor.clone()).grace(grace).open();
        let mut driver = by_hand(driver);
        drop(open.spawn_parallel(takes_up_a_shield(child, gate.clone(), &log)));
        assert!(driver.poll_until_idle().is_pending());
        watch.during_the_poll(
            &executor,
            || {
                open.cancel();
                assert!(driver.poll_until_idle().is_pending());
                executor.clock().advance(grace);
                assert!(driver.poll_until_idle().is_pending());
            },
            Poll::Ready(()),
        );
        assert!(driver.finish().is_ok());
        gate.open();
        executor.run();
        assert!(!log.has("cleaned up"));
    }
}

#[test]
fn nor_a_scope_that_it_takes_over_then_which_ends_in_that_poll() {
    let (executor, log) = (HandExecutor::new(), Log::new());
    let shielded = log.clone();
    let mut moved = Box::pin(fail_fast::<&str>().run(async move |s| {
        s.spawn(shield(shielded.traced("shielded", pending::<Result<(), &str>>())));
        pending::<Result<(), _>>().await
    }));
    let first = settled::<()>().run(async |_| Ok(poll_once(moved.as_mut()).await.is_pending()));
    assert!(by_hand(first).finish().expect("the body returns").value);
    let (watch, child) = watched::<()>(&log);
    let (open, driver) = fail_fast().runtime(executor.clone()).grace(Duration::ZERO).open();
    let (mut driver, noted) = (by_hand(driver), log.clone());
    drop(open.spawn_parallel(async move {
        child.await;
        assert!(moved.await.is_err());
        noted.note("the scope has ended");
        pending::<Result<(), &str>>().await
    }));
    assert!(driver.poll_until_idle().is_pending());
    watch.cancelled_during_the_poll(&executor, &mut driver, || open.cancel());
    assert!(driver.finish().is_ok());
    let ended: Vec<_> = log.entries().split_off(3);
    assert_eq!(ended, ["child dropped", "shielded dropped", "the scope has ended"]);
}

#[test]
fn cancelled_alone_it_has_the_grace_of_its_scope() {
    let (executor, log, gate) = (HandExecutor::new(), Log::new(), Gate::new());
    let (watch, child) = watched::<()>(&log);
    let (open, driver) = settled().runtime(executor.clone()).grace(Duration::from_secs(1)).open();
    let mut driver = by_hand(driver);
    let task = open.spawn_parallel(takes_up_a_shield(child, gate.clone(), &log));
    assert!(driver.poll_until_idle().is_pending());
    watch.cancelled_during_the_poll(&executor, &mut driver, || task.cancel());
    assert!(driver.poll_until_idle().is_pending());
    assert!(!task.is_finished(), "it holds");
    executor.clock().advance(Duration::from_secs(1));
    assert!(driver.poll_until_idle().is_pending());
    assert!(matches!(
        by_hand(task).finish(),
        Err(TaskError::Cancelled(CancelReason::Requested(None)))
    ));
    gate.open();
    executor.run();
    assert!(!log.has("cleaned up"));
}

#[test]
fn a_failure_that_it_returns_meanwhile_is_kept_behind_the_cause() {
    let (executor, log) = (HandExecutor::new(), Log::new());
    let (watch, child) = watched::<Result<(), &str>>(&log);
    let (open, driver) = fail_fast().runtime(executor.clone()).open();
    let mut driver = by_hand(driver);
    drop(open.spawn_parallel(child));
    assert!(driver.poll_until_idle().is_pending());
    watch.during_the_poll(
        &executor,
        || {
            drop(open.spawn(async { Err::<(), _>("the cause") }));
            assert!(driver.poll_until_idle().is_pending());
        },
        Poll::Ready(Err("later")),
    );
    let error = driver.finish().expect_err("a child failed");
    let failures: Vec<_> = error
        .into_failures()
        .into_iter()
        .map(|failure| format!("{}", failure.error))
        .collect();
    assert_eq!(failures, ["the cause", "later"]);
}

#[test]
fn a_value_that_it_returns_meanwhile_is_its_tasks() {
    let (executor, log) = (HandExecutor::new(), Log::new());
    let (watch, child) = watched::<Result<u8, &str>>(&log);
    let (open, driver) = settled().runtime(executor.clone()).open();
    let (mut driver, task) = (by_hand(driver), open.spawn_parallel(child));
    assert!(driver.poll_until_idle().is_pending());
    watch.during_the_poll(
        &executor,
        || {
            task.cancel();
            assert!(driver.poll_until_idle().is_pending());
        },
        Poll::Ready(Ok(7)),
    );
    assert!(driver.poll_until_idle().is_pending());
    assert_eq!(by_hand(task).finish().unwrap(), 7);
}

#[test]
fn a_child_may_drop_its_own_scope_while_it_is_polled() {
    let (executor, log) = (HandExecutor::new(), Log::new());
    let slot = std::sync::Arc::new(std::sync::Mutex::new(None));
    let (inside, guard, noted) = (slot.clone(), log.on_drop("child"), log.clone());
    let (open, driver) = fail_fast::<&str>().runtime(executor.clone()).open();
    drop(open.spawn_parallel(async move {
        let _guard = guard;
        let driver: Option<ByHand<purview::Driver<purview::FailFast<&str>>>> = inside.lock().unwrap().take();
        drop(driver);
        noted.note("scope dropped");
        pending::<Result<(), _>>().await
    }));
    let mut driver = by_hand(driver);
    assert!(driver.poll_until_idle().is_pending());
    *slot.lock().unwrap() = Some(driver);
    executor.run();
    assert_eq!(log.entries(), ["scope dropped", "child dropped"]);
    assert_eq!(executor.futures(), 0);
}

#[test]
fn a_waker_of_the_scope_that_panics_stays_off_the_executor() {
    let (executor, log) = (HandExecutor::new(), Log::new());
    let (watch, child) = watched::<Result<(), &str>>(&log);
    let mut run = by_hand(fail_fast().runtime(executor.clone()).run(async |s| {
        drop(s.spawn_parallel(child));
        Ok(())
    }));
    let (waker, armed) = purview_tests::hostile_waker(purview_tests::Trap::Wake);
    assert!(run.poll_with(&waker).is_pending());
    watch.during_the_poll(&executor, || (), Poll::Ready(Ok(())));
    armed.store(false, std::sync::atomic::Ordering::SeqCst);
    assert!(run.finish().is_ok(), "a scope that is polled again goes on");
}

#[test]
fn its_destructor_runs_on_that_thread() {
    let (executor, log) = (HandExecutor::new(), Log::new());
    let (watch, child) = watched::<Result<(), &str>>(&log);
    let (says, hears) = mpsc::channel();
    let calls = CallsOnDrop(move || says.send(thread::current().id()).unwrap());
    let mut run = by_hand(fail_fast().runtime(executor.clone()).run(async |s| {
        drop(s.spawn_parallel(async move {
            let _calls = calls;
            child.await
        }));
        Ok(())
    }));
    assert!(run.poll_with(Waker::noop()).is_pending());
    watch.during_the_poll(&executor, || drop(run), Poll::Pending);
    assert_ne!(hears.recv().unwrap(), thread::current().id());
}
