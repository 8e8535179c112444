//! Never more than `max` starts in any window of `period`, in the order of spawning.

use std::{cell::RefCell, time::Duration};

use purview_core::{Timer, fail_fast, gather, gather_stream, sleep};
use purview_test::VirtualRuntime;
use purview_tests::{Log, message_of};

const SECOND: Duration = Duration::from_secs(1);

fn assert_rate(starts: &[(usize, Duration)], max: usize, period: Duration) {
    assert!(starts.is_sorted(), "first in, first out: {starts:?}");
    for window in starts.windows(max + 1) {
        let (first, last) = (window[0].1, window[max].1);
        let within = last.saturating_sub(first);
        assert!(within >= period, "{} starts within {within:?}", max + 1);
    }
}

#[test]
fn children_of_a_scope_start_at_its_rate() {
    let runtime = VirtualRuntime::new();
    let begin = runtime.now();
    let starts = std::sync::Mutex::new(Vec::new());
    runtime
        .run(fail_fast::<()>().rate(3, SECOND).limit(2).run(async |s| {
            for n in 0..20 {
                let (starts, clock) = (&starts, &runtime);
                s.spawn(async move {
                    starts.lock().unwrap().push((n, clock.now() - begin));
                    sleep(SECOND / 7).await;
                    Ok(())
                });
            }
            Ok(())
        }))
        .unwrap();
    let starts = starts.into_inner().unwrap();
    assert_eq!(starts.len(), 20);
    assert_rate(&starts, 3, SECOND);
}

#[test]
fn futures_of_a_gather_start_at_its_rate() {
    let runtime = VirtualRuntime::new();
    let begin = runtime.now();
    let starts = RefCell::new(Vec::new());
    let work = |n| {
        let (starts, clock) = (&starts, &runtime);
        async move {
            starts.borrow_mut().push((n, clock.now() - begin));
            Ok::<_, ()>(n)
        }
    };
    let all = runtime.run(gather((0..20).map(work)).rate(4, SECOND)).unwrap();
    assert_eq!(all, (0..20).collect::<Vec<_>>());
    assert_rate(&starts.borrow(), 4, SECOND);
}

#[test]
fn futures_of_a_stream_start_at_its_rate_and_one_that_waits_for_its_turn_is_dropped_with_the_others() {
    let (runtime, log) = (VirtualRuntime::new(), Log::new());
    let begin = runtime.now();
    let starts = RefCell::new(Vec::new());
    let work = |n| {
        let (starts, clock, guard) = (&starts, &runtime, log.on_drop(format!("{n}")));
        async move {
            let _guard = guard;
            starts.borrow_mut().push((n, clock.now() - begin));
            std::future::pending::<Result<(), ()>>().await
        }
    };
    let source = futures::stream::iter((0..20).map(work));
    let stopped = runtime.run(gather_stream(source).rate(2, SECOND).timeout(SECOND * 11 / 4));
    assert!(stopped.unwrap_err().is_deadline_exceeded());
    assert_rate(&starts.borrow(), 2, SECOND);
    assert_eq!(starts.borrow().len(), 6);
    assert_eq!(
        log.entries().len(),
        7,
        "one had been taken out of the stream, and waited for its turn"
    );
}

#[test]
fn futures_that_have_not_started_at_the_deadline_are_cancelled() {
    let runtime = VirtualRuntime::new();
    let results = runtime.run(
        gather((0..20).map(async |n| Ok::<_, ()>(n)))
            .rate(2, SECOND)
            .timeout(SECOND * 11 / 4)
            .settled(),
    );
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 6);
    assert_eq!(results.len(), 20);
}

#[test]
fn one_that_would_let_nothing_start_is_refused_and_the_message_says_what_to_give() {
    let refused = |max, period| {
        let payload =
            std::panic::catch_unwind(|| drop(fail_fast::<()>().rate(max, period))).expect_err("it is refused");
        message_of(&*payload)
    };
    let message = refused(0, SECOND);
    assert!(message.contains("give at least 1 start per period"), "{message}");
    let message = refused(3, Duration::ZERO);
    assert!(message.contains("give a period longer than zero"), "{message}");
}
