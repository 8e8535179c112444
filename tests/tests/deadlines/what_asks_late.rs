//! A timeout makes its scope when something inside asks for it. When that is makes no difference.

use std::{future::poll_fn, pin::pin, time::Duration};

use purview::{Builder, FailFast, Timer, cancelled, context_key, current, deadline, fail_fast, timeout};
use purview_tests::{Gate, Log, TestClock, by_hand, poll_once, polled_on_every_runtime, yields};

const SECOND: Duration = Duration::from_secs(1);

context_key! {
    static KEY: u32;
}

fn on(clock: &TestClock) -> Builder<FailFast<purview::DeadlineExceeded>> {
    fail_fast().runtime(clock.clone())
}

fn a_deadline_that_is_asked_for_late_counts_from_the_first_poll() {
    let (clock, gate) = (TestClock::new(), Gate::new());
    let start = clock.now();
    let wait = gate.wait();
    let mut run = by_hand(on(&clock).run(async |_| {
        timeout(3 * SECOND, async {
            wait.await;
            deadline()
        })
        .await
    }));
    assert!(run.poll_until_idle().is_pending());
    clock.advance(SECOND);
    gate.open();
    assert_eq!(run.finish().unwrap(), Some(start + 3 * SECOND));
}

/// The second poll is in another task, and asks there.
fn one_that_asks_after_a_move_belongs_to_where_it_asks() {
    let clock = TestClock::new();
    let start = clock.now();
    let mut run = by_hand(on(&clock).run(async |s| {
        let mut late = Box::pin(timeout(9 * SECOND, async {
            yields(1).await;
            (deadline(), current().map(|task| task.name().to_owned()))
        }));
        assert!(timeout(SECOND, poll_once(late.as_mut())).await?.is_pending());
        let child = s
            .task()
            .name("child")
            .spawn(async move { timeout(2 * SECOND, late).await });
        child.await
    }));
    let (deadline, name) = run.finish().unwrap();
    assert_eq!(deadline, Some(start + 2 * SECOND));
    assert_eq!(name.as_deref(), Some("child"));
}

fn context_values_stay_those_of_the_first_poll() {
    let (clock, log) = (TestClock::new(), Log::new());
    let mut run = by_hand(on(&clock).run(async |_| {
        let see = |when: &'static str| log.note(format!("{when}: {:?}", KEY.get()));
        let mut kept = Box::pin(timeout(SECOND, async {
            see("first");
            yields(1).await;
            see("moved");
            KEY.scope(3, async {
                see("bound inside");
                assert!(deadline().is_some());
                see("bound inside, and asked");
            })
            .await;
            see("asked");
            yields(1).await;
            see("moved again");
        }));
        assert!(KEY.scope(1, poll_once(kept.as_mut())).await.is_pending());
        assert_eq!(KEY.get(), None);
        assert!(KEY.scope(2, poll_once(kept.as_mut())).await.is_pending());
        assert_eq!(KEY.get(), None);
        KEY.scope(4, async {
            kept.await?;
            see("outside");
            Ok(())
        })
        .await
    }));
    assert!(run.finish().is_ok());
    let seen = [
        "first: Some(1)",
        "moved: Some(1)",
        "bound inside: Some(3)",
        "bound inside, and asked: Some(3)",
        "asked: Some(1)",
        "moved again: Some(1)",
        "outside: Some(4)",
    ];
    assert_eq!(log.entries(), seen);
}

/// As a destructor sees them that runs when the future is dropped unfinished.
fn what_it_drops_unasked_sees_those_values_too() {
    struct Sees(Log);
    impl Drop for Sees {
        fn drop(&mut self) {
            self.0.note(format!("{:?}", KEY.get()));
        }
    }
    let (clock, log) = (TestClock::new(), Log::new());
    let mut run = by_hand(on(&clock).run(async |_| {
        let sees = Sees(log.clone());
        let mut kept = Box::pin(timeout(SECOND, async move {
            let _sees = sees;
            yields(9).await;
        }));
        assert!(KEY.scope(1, poll_once(kept.as_mut())).await.is_pending());
        KEY.scope(2, async { drop(kept) }).await;
        Ok(())
    }));
    assert!(run.finish().is_ok());
    assert_eq!(log.entries(), ["Some(1)"]);
}

fn the_innermost_of_several_that_nothing_has_asked_for_sees_all() {
    let clock = TestClock::new();
    let start = clock.now();
    let mut run = by_hand(on(&clock).run(async |_| {
        timeout(2 * SECOND, async {
            let inner = timeout(9 * SECOND, timeout(5 * SECOND, async { deadline() })).await??;
            let of_its_own = timeout(SECOND, async { deadline() }).await?;
            Ok((inner, of_its_own, deadline()))
        })
        .await?
    }));
    let after = |seconds| Some(start + seconds * SECOND);
    assert_eq!(run.finish().unwrap(), (after(2), after(1), after(2)));
}

/// A guest is a task of its own scope, wherever it is awaited.
fn a_guest_that_is_awaited_inside_does_not_see_it() {
    let clock = TestClock::new();
    let mut run = by_hand(on(&clock).run(async |s| {
        let (other, driver) = on(&clock).name("other").open();
        s.task().daemon().spawn(async {
            drop(driver.await);
            Ok(())
        });
        let guest = other.task().name("guest").enter(async {
            let seen = (deadline(), current().map(|task| task.name().to_owned()));
            Ok(seen)
        });
        let seen = timeout(SECOND, guest).await?.expect("its scope is open");
        other.close();
        Ok(seen)
    }));
    let (deadline, name) = run.finish().unwrap();
    assert_eq!((deadline, name.as_deref()), (None, Some("guest")));
}

/// What waits to be told holds, also where its wait is the first thing that asks.
fn a_wait_that_begins_late_holds_when_time_is_up() {
    let (clock, gate, log) = (TestClock::new(), Gate::new(), Log::new());
    let wait = gate.wait();
    let mut run = by_hand(on(&clock).run(async |_| {
        let late = timeout(SECOND, async {
            wait.await;
            let reason = cancelled().await;
            log.note(format!("told: {reason}"));
        })
        .await;
        log.note(format!("in time: {}", late.is_ok()));
        Ok(())
    }));
    assert!(run.poll_until_idle().is_pending());
    gate.open();
    assert!(run.poll_until_idle().is_pending());
    clock.advance(SECOND);
    assert!(run.finish().is_ok());
    assert_eq!(
        log.entries(),
        ["told: the enclosing scope was cancelled", "in time: true"]
    );
}

/// The clock is that of the first poll, also where another runtime serves the scope that it has moved to.
fn the_clock_stays_that_of_the_first_poll() {
    let (first, second) = (TestClock::new(), TestClock::new());
    second.advance(100 * SECOND);
    let mut kept = pin!(timeout(SECOND, yields(9)));
    let mut run = by_hand(on(&first).run(async |_| Ok(poll_once(kept.as_mut()).await.is_pending())));
    assert!(run.finish().unwrap());
    drop(run);
    let mut run = by_hand(on(&second).run(async |_| {
        let pending = poll_once(kept.as_mut()).await.is_pending();
        first.advance(SECOND);
        let late = poll_fn(|cx| kept.as_mut().poll(cx)).await.is_err();
        Ok((pending, late))
    }));
    assert_eq!(run.finish().unwrap(), (true, true));
}

polled_on_every_runtime!(
    a_deadline_that_is_asked_for_late_counts_from_the_first_poll,
    one_that_asks_after_a_move_belongs_to_where_it_asks,
    context_values_stay_those_of_the_first_poll,
    what_it_drops_unasked_sees_those_values_too,
    the_innermost_of_several_that_nothing_has_asked_for_sees_all,
    a_guest_that_is_awaited_inside_does_not_see_it,
    a_wait_that_begins_late_holds_when_time_is_up,
    the_clock_stays_that_of_the_first_poll,
);
