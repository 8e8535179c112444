//! What the conformance suite says of a runtime that fails it is what is wrong with the runtime.

use std::{
    future::pending,
    mem::forget,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    thread,
    time::{Duration, Instant},
};

use futures::executor::block_on;
use purview_core::{BoxFuture, Embedded, SpawnError, Spawner, Timer};
use purview_test::conformance::{Case, Refuses, check_within, park, tests};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Fault {
    ForgetsFutures,
    DropsFutures,
    DropsFuturesThatWait,
    RunsClosuresInTheCaller,
    ForgetsClosures,
    LosesTimers,
    HasAClockThatIsBehind,
    HasAClockThatIsAhead,
    BlocksInSpawn,
    WaitsForTheFuture,
    PollsInSpawn,
    PollsAgainAfterAPanic,
    RefusesClosures,
    IsEarly,
}

/// A thread for each future and each closure, but for one fault.
struct Threads(Fault);

const SECOND: Duration = Duration::from_secs(1);

impl Timer for Threads {
    fn now(&self) -> Instant {
        match self.0 {
            Fault::HasAClockThatIsBehind => Embedded
                .now()
                .checked_sub(SECOND)
                .expect("the machine has been up for long"),
            Fault::HasAClockThatIsAhead => Embedded.now() + SECOND,
            _ => Embedded.now(),
        }
    }

    fn sleep_until(&self, at: Instant) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        match self.0 {
            Fault::LosesTimers => Box::pin(pending()),
            Fault::IsEarly => Embedded.sleep_until(at.checked_sub(Duration::from_millis(3)).unwrap_or(at)),
            _ => Embedded.sleep_until(at),
        }
    }
}

impl Spawner for Threads {
    fn spawn(&self, mut fut: BoxFuture) -> Result<(), SpawnError> {
        match self.0 {
            Fault::DropsFutures => drop(fut),
            Fault::ForgetsFutures => forget(fut),
            Fault::BlocksInSpawn => loop {
                thread::park();
            },
            Fault::DropsFuturesThatWait => {
                thread::spawn(move || {
                    let _ = fut
                        .as_mut()
                        .poll(&mut std::task::Context::from_waker(std::task::Waker::noop()));
                });
            }
            Fault::WaitsForTheFuture => {
                let ended = thread::spawn(move || block_on(fut)).join();
                return ended.map_err(|_| SpawnError::new("it panicked"));
            }
            Fault::PollsInSpawn => drop(catch_unwind(AssertUnwindSafe(|| block_on(fut)))),
            Fault::PollsAgainAfterAPanic => {
                thread::spawn(move || while catch_unwind(AssertUnwindSafe(|| block_on(fut.as_mut()))).is_err() {});
            }
            _ => {
                thread::spawn(move || block_on(fut));
            }
        }
        Ok(())
    }

    fn spawn_blocking(&self, f: Box<dyn FnOnce() + Send>) -> Result<(), SpawnError> {
        match self.0 {
            Fault::ForgetsClosures => forget(f),
            Fault::RefusesClosures => return Err(SpawnError::new("no pool")),
            Fault::RunsClosuresInTheCaller => drop(catch_unwind(AssertUnwindSafe(f))),
            _ => {
                thread::spawn(f);
            }
        }
        Ok(())
    }
}

/// What a test says that sees what is wrong, and so does not wait for the watchdog.
fn said_at_once<F: Future<Output = ()> + 'static>(
    fault: Fault,
    test: impl FnOnce(Case) -> F + Send + 'static,
) -> String {
    said(Duration::from_secs(60), fault, test)
}

/// What a test says that waits for what never comes. What it waits for last may take a busy machine a while to get to.
fn said_in_the_end<F: Future<Output = ()> + 'static>(
    fault: Fault,
    test: impl FnOnce(Case) -> F + Send + 'static,
) -> String {
    said(Duration::from_secs(1), fault, test)
}

fn said<F: Future<Output = ()> + 'static>(
    patience: Duration,
    fault: Fault,
    test: impl FnOnce(Case) -> F + Send + 'static,
) -> String {
    let check = AssertUnwindSafe(|| check_within(patience, move || Threads(fault), park, Refuses::default(), test));
    let payload = catch_unwind(check).expect_err("the suite let it pass");
    let literal = payload.downcast_ref::<&str>().map(|said| String::from(*said));
    let said = literal.or_else(|| payload.downcast_ref::<String>().cloned());
    let said = said.expect("the suite fails in words");
    assert_eq!(said.lines().count(), 1, "{said}");
    said
}

#[test]
fn a_future_that_is_never_polled_is_what_the_test_waits_for() {
    let text = said_in_the_end(Fault::ForgetsFutures, tests::spawn_runs_or_refuses_as_declared);
    assert_eq!(
        text,
        "a spawned future was not polled to its end: the runtime dropped it, lost a wake-up, or has no thread for it \
         (waited 1s)"
    );
}

#[test]
fn a_future_that_is_dropped_early_is_told_at_once() {
    let dropped = "the runtime dropped a spawned future before its end";
    let text = said_at_once(Fault::DropsFutures, tests::spawn_runs_or_refuses_as_declared);
    assert_eq!(text, dropped);
    let text = said_at_once(Fault::DropsFuturesThatWait, tests::spawned_futures_are_detached);
    assert_eq!(text, dropped);
}

#[test]
fn a_closure_that_is_run_by_the_caller_is_told_at_once() {
    let text = said_at_once(
        Fault::RunsClosuresInTheCaller,
        tests::futures_run_while_a_closure_blocks,
    );
    assert!(
        text.starts_with("`spawn_blocking` ran the closure in the thread that called it"),
        "{text}"
    );
}

#[test]
fn a_closure_that_is_never_run_is_what_the_test_waits_for() {
    let text = said_in_the_end(Fault::ForgetsClosures, tests::closures_can_be_spawned_from_any_thread);
    assert!(text.starts_with("a closure that may block was not run"), "{text}");
}

#[test]
fn a_timer_is_what_the_test_waits_for_also_inside_a_spawned_future() {
    for text in [
        said_in_the_end(Fault::LosesTimers, tests::the_clock_never_goes_back),
        said_in_the_end(Fault::LosesTimers, tests::spawned_futures_are_detached),
    ] {
        assert!(text.starts_with("a timer did not complete"), "{text}");
    }
}

#[test]
fn a_scope_is_what_the_test_waits_for() {
    let text = said_in_the_end(Fault::LosesTimers, tests::scopes_end_at_their_deadline);
    assert!(text.starts_with("a scope has not ended at its deadline"), "{text}");
}

#[test]
fn a_call_that_does_not_return_is_told_from_a_future_that_does_not_end() {
    let text = said_in_the_end(Fault::BlocksInSpawn, tests::spawn_runs_or_refuses_as_declared);
    assert!(text.contains("a call into the runtime does not return"), "{text}");
}

#[test]
fn a_spawn_that_polls_or_waits_is_told_by_what_it_does() {
    let text = said_at_once(Fault::PollsInSpawn, tests::spawn_returns_without_a_poll);
    assert_eq!(text, "`spawn` polled the future before it returned");
    let text = said_in_the_end(Fault::WaitsForTheFuture, tests::spawn_returns_without_a_poll);
    assert!(
        text.starts_with("`spawn` waits until the future has been polled"),
        "{text}"
    );
}

#[test]
fn a_poll_after_a_panic_is_told() {
    let text = said_at_once(
        Fault::PollsAgainAfterAPanic,
        tests::panicked_futures_are_not_polled_again,
    );
    assert!(text.contains("a future that had panicked was polled again"), "{text}");
}

#[test]
fn two_clocks_are_told_by_how_far_they_are_apart() {
    let text = said_at_once(Fault::HasAClockThatIsBehind, tests::timers_are_never_early);
    assert!(text.starts_with("a timer of 1 ms was early by "), "{text}");
    assert!(text.ends_with("`now` and the timer may be two clocks"), "{text}");
    let text = said_at_once(
        Fault::HasAClockThatIsAhead,
        tests::timers_for_the_past_are_ready_at_once,
    );
    assert!(
        text.starts_with("a timer for 0ns before `now` was not ready at its first poll, but after "),
        "{text}"
    );
    assert!(text.ends_with("`now` and the timer may be two clocks"), "{text}");
}

#[test]
fn a_refusal_that_was_not_declared_says_how_to_declare_it() {
    let refused = "`spawn_blocking` refused a closure that may block: ";
    let remedy = "`refuses: [spawn_blocking]`";
    let text = said_at_once(
        Fault::RefusesClosures,
        tests::spawn_blocking_runs_or_refuses_as_declared,
    );
    assert!(text.starts_with(refused) && text.ends_with(remedy), "{text}");
    let text = said_at_once(Fault::RefusesClosures, tests::ended_closures_are_dropped);
    assert!(text.starts_with(refused) && text.ends_with(remedy), "{text}");
}

#[test]
fn an_early_timer_is_told_in_one_test_and_confuses_no_other() {
    let text = said_at_once(Fault::IsEarly, tests::timers_are_never_early);
    assert!(text.contains(" was early by "), "{text}");
    let early = || Threads(Fault::IsEarly);
    let in_order = tests::timers_complete_in_the_order_of_their_instants;
    check_within(Duration::from_secs(60), early, park, Refuses::default(), in_order);
}
