//! Executors that do as they please.

use std::{
    sync::{Arc, Mutex},
    task::{Context, Poll, Wake, Waker},
};

use purview::{BoxFuture, SpawnError, Spawner, checkpoint, fail_fast, settled};
use purview_tests::{Gate, Log, TestClock, by_hand, caught, timer_of, watched};

#[derive(Clone, Copy, PartialEq)]
enum Way {
    /// Polls inside `spawn`, and inside `wake`.
    Inline,
    /// Polls until it is done inside `spawn`, and refuses.
    DoneAndRefused,
    /// As that, and panics.
    DoneAndPanics,
    /// Forgets it.
    Forgets,
}

#[derive(Clone)]
struct Odd(TestClock, Way);

timer_of!(Odd, 0);

struct Inline(Mutex<Option<BoxFuture>>);

impl Inline {
    fn poll(self: &Arc<Self>) {
        let Some(mut future) = self.0.lock().unwrap().take() else {
            return;
        };
        let waker = Waker::from(self.clone());
        let _ = future.as_mut().poll(&mut Context::from_waker(&waker));
        *self.0.lock().unwrap() = Some(future);
    }
}

impl Wake for Inline {
    fn wake(self: Arc<Self>) {
        self.poll();
    }
}

impl Spawner for Odd {
    fn spawn(&self, mut future: BoxFuture) -> Result<(), SpawnError> {
        match self.1 {
            Way::Inline => Arc::new(Inline(Mutex::new(Some(future)))).poll(),
            Way::Forgets => std::mem::forget(future),
            way => {
                let mut cx = Context::from_waker(Waker::noop());
                while future.as_mut().poll(&mut cx).is_pending() {}
                // Once more, though it is done.
                assert_eq!(future.as_mut().poll(&mut cx), Poll::Ready(()));
                assert!(way == Way::DoneAndRefused, "the executor panics");
                return Err(SpawnError::new("done already"));
            }
        }
        Ok(())
    }

    fn spawn_blocking(&self, f: Box<dyn FnOnce() + Send>) -> Result<(), SpawnError> {
        f();
        match self.1 {
            Way::Inline | Way::Forgets => Ok(()),
            Way::DoneAndRefused => Err(SpawnError::new("done already")),
            Way::DoneAndPanics => panic!("the pool panics"),
        }
    }
}

#[test]
fn what_has_run_counts_whatever_the_executor_says() {
    watched(|| {
        for way in [Way::Inline, Way::DoneAndRefused, Way::DoneAndPanics] {
            let runtime = Odd(TestClock::new(), way);
            let mut run = by_hand(fail_fast::<&str>().runtime(runtime).run(async |s| {
                let a = s.spawn_parallel(async {
                    checkpoint().await;
                    Ok(1)
                });
                let b = s.spawn_blocking(|_| Ok(2));
                Ok(a.await + b.await)
            }));
            // The inline one loses a wake-up that comes inside the poll, as a careless executor does.
            if way == Way::Inline {
                drop(run);
                continue;
            }
            assert_eq!(run.finish().ok(), Some(3));
        }
    });
}

#[test]
fn a_child_polled_inside_its_wakers_wake_may_cancel_the_scope() {
    watched(|| {
        let (gate, log) = (Gate::new(), Log::new());
        let runtime = Odd(TestClock::new(), Way::Inline);
        let (open, driver) = settled::<()>().runtime(runtime).open();
        let mut driver = by_hand(driver);
        let (wait, handle, guard) = (gate.wait(), open.clone(), log.on_drop("child"));
        open.spawn_parallel(async move {
            let _guard = guard;
            wait.await;
            handle.cancel();
            std::future::pending::<Result<(), ()>>().await
        });
        let opens = gate.clone();
        open.spawn(async move {
            opens.open();
            Ok(())
        });
        assert!(driver.finish().is_ok());
        assert_eq!(log.entries(), ["child dropped"]);
    });
}

#[test]
fn a_forgotten_future_of_the_executor_holds_its_child_until_the_scope_is_dropped() {
    watched(|| {
        let log = Log::new();
        let (open, driver) = settled::<()>().runtime(Odd(TestClock::new(), Way::Forgets)).open();
        let mut driver = by_hand(driver);
        let guard = log.on_drop("child");
        let task = open.spawn_parallel(async move {
            drop(guard);
            Ok(())
        });
        assert!(driver.poll_until_idle().is_pending());
        drop(driver);
        assert_eq!(log.entries(), ["child dropped"]);
        assert!(by_hand(caught(task)).finish().unwrap().is_err());
    });
}

/// A scope is polled on one thread and then on another, its parallel child on both.
#[test]
fn two_threads_take_turns() {
    watched(|| {
        let executor = purview_tests::HandExecutor::new();
        let mut run = by_hand(fail_fast::<&str>().runtime(executor.clone()).run(async move |s| {
            let mut sum = 0;
            for n in 0..50 {
                sum += s
                    .spawn_parallel(async move {
                        checkpoint().await;
                        Ok(n)
                    })
                    .await;
            }
            Ok(sum)
        }));
        let sum = loop {
            let here = executor.clone();
            let (back, polled) = std::thread::spawn(move || {
                let polled = run.poll_until_idle();
                here.run();
                (run, polled)
            })
            .join()
            .unwrap();
            run = back;
            executor.run();
            if let Poll::Ready(sum) = polled {
                break sum;
            }
        };
        assert_eq!(sum.ok(), Some(49 * 50 / 2));
    });
}
