//! An outcome reaches the task if that is awaited, else the settlement; never both, never neither.

use std::{pin::Pin, sync::Mutex, task::Poll};

use purview::{Task, TaskError, settled};
use purview_tests::{Gate, HandExecutor, by_hand, on_every_runtime, poll_once, polled_on_every_runtime, yields};

type Outcome = Result<usize, TaskError<usize>>;

async fn outcomes_come_in_the_order_in_which_their_tasks_are_awaited() {
    let settlement = settled::<usize>().run(async |s| {
        let tasks: Vec<Task<Outcome>> = (0..10)
            .map(|i| {
                s.spawn(async move {
                    yields(10 - i).await;
                    if i % 2 == 0 { Ok(i) } else { Err(i) }
                })
            })
            .collect();
        let mut outcomes = vec![];
        for task in tasks {
            outcomes.push(task.await);
        }
        Ok(outcomes)
    });
    let settlement = settlement.await.expect("the body worked");
    assert_eq!(settlement.value.len(), 10, "none is missing");
    for (i, outcome) in settlement.value.iter().enumerate() {
        match outcome {
            Ok(value) => assert!(*value == i && i % 2 == 0),
            Err(TaskError::Failed(error)) => assert!(*error == i && i % 2 == 1),
            Err(other) => panic!("{i}: {other:?}"),
        }
    }
    assert!(settlement.failures.is_empty(), "every task was awaited");
}

async fn a_panic_among_them_is_one_outcome_of_many() {
    let settlement = settled::<usize>().run(async |s| {
        let tasks: Vec<Task<Outcome>> = (0..3)
            .map(|i| s.spawn(async move { if i == 1 { panic!("boom {i}") } else { Ok(i) } }))
            .collect();
        let mut outcomes = vec![];
        for task in tasks {
            outcomes.push(task.await);
        }
        Ok(outcomes)
    });
    let outcomes = settlement.await.expect("the body worked").value;
    assert!(
        matches!(&outcomes[..], [Ok(0), Err(TaskError::Panicked(p)), Ok(2)] if p.message() == Some("boom 1")),
        "{outcomes:?}"
    );
}

async fn a_panic_that_is_not_awaited_is_among_the_failures() {
    let settlement = settled::<usize>().run(async |s| {
        drop(s.spawn(async { if true { panic!("unheard") } else { Ok(()) } }));
        Ok(())
    });
    let failures = settlement.await.expect("the body worked").failures;
    assert!(
        matches!(&failures[..], [f] if matches!(&f.error, TaskError::Panicked(p) if p.message() == Some("unheard"))),
        "{failures:?}"
    );
}

fn a_task_that_was_dropped_before_or_after_its_child_failed_leaves_the_failure_to_the_settlement() {
    let gate = Gate::new();
    let mut run = by_hand(settled::<&str>().run(async |s| {
        drop(s.spawn(async {
            yields(2).await;
            Err::<(), _>("dropped before")
        }));
        let later = s.spawn(async { Err::<(), _>("dropped after") });
        gate.wait().await;
        assert!(later.is_finished());
        drop(later);
        Ok(())
    }));
    assert!(run.poll_until_idle().is_pending());
    gate.open();
    let failures = run.finish().expect("the body worked").failures;
    let mut errors: Vec<_> = failures
        .into_iter()
        .map(|f| {
            if let TaskError::Failed(error) = f.error {
                error
            } else {
                "?"
            }
        })
        .collect();
    errors.sort_unstable();
    assert_eq!(errors, ["dropped after", "dropped before"]);
}

async fn the_reason_of_a_child_cancelled_alone_is_told_to_its_task() {
    let settlement = settled::<&str>().run(async |s| {
        let task: Task<Result<(), _>> = s.spawn(std::future::pending());
        task.cancel();
        Ok(matches!(
            task.await,
            Err(TaskError::Cancelled(purview::CancelReason::Requested(None)))
        ))
    });
    let settlement = settlement.await.expect("the body worked");
    assert_eq!(
        (settlement.value, settlement.failures.len(), settlement.stopped),
        (true, 0, None)
    );
}

/// More than a scope keeps before it looks through them.
fn of_many_children_of_every_kind_those_not_awaited_are_reported() {
    const EACH: usize = 40;
    let executor = HandExecutor::new();
    let mut run = by_hand(settled::<usize>().runtime(executor.clone()).run(async |s| {
        let mut awaited = vec![];
        for i in 0..EACH {
            let here = s.spawn(async move { Err::<(), _>(i) });
            let parallel = s.spawn_parallel(async move { Err::<(), _>(EACH + i) });
            let blocking = s.spawn_blocking(move |_| Err::<(), _>(2 * EACH + i));
            let started = s.start(async move |ready| {
                ready.set(()).expect("for the first time");
                Err::<(), _>(3 * EACH + i)
            });
            started.await.expect("it was ready");
            if i % 2 == 0 {
                awaited.extend([here, parallel, blocking]);
            }
        }
        let mut heard = vec![];
        for task in awaited {
            heard.push(task.await.expect_err("all of them fail"));
        }
        Ok(heard)
    }));
    let settlement = loop {
        if let Poll::Ready(ended) = run.poll_until_idle() {
            break ended.expect("the body worked");
        }
        executor.run();
        for _ in 0..executor.closures() {
            executor.run_closure();
        }
    };
    let error = |error| match error {
        TaskError::Failed(error) => error,
        other => panic!("{other:?}"),
    };
    let mut all: Vec<_> = settlement.value.into_iter().map(error).collect();
    assert_eq!(all.len(), 3 * EACH / 2, "a task that is awaited yields the failure");
    all.extend(settlement.failures.into_iter().map(|failure| error(failure.error)));
    all.sort_unstable();
    assert_eq!(all, (0..4 * EACH).collect::<Vec<_>>());
}

fn a_failure_reaches_the_task_that_waits_for_it_though_the_scope_ends_with_it() {
    let gate = Gate::new();
    let (s, driver) = settled::<&str>().open();
    let opened = gate.clone();
    let child = s.spawn(async move {
        opened.wait().await;
        Err::<(), _>("of a child")
    });
    let opened = gate.clone();
    let guest = s.enter(async move {
        opened.wait().await;
        Err::<(), _>("of a guest")
    });
    let (mut child, mut guest, mut driver) = (by_hand(child), by_hand(guest), by_hand(driver));
    assert!(driver.poll_until_idle().is_pending());
    assert!(child.poll_until_idle().is_pending() && guest.poll_until_idle().is_pending());
    drop(s);
    gate.open();
    assert!(guest.poll_until_idle().is_pending(), "its end is judged by the driver");
    let settlement = driver.finish().expect("nothing stopped it");
    assert!(settlement.failures.is_empty(), "both are awaited: {settlement:?}");
    let of_child = child.finish();
    assert!(matches!(of_child, Err(TaskError::Failed("of a child"))), "{of_child:?}");
    let of_guest = guest.finish();
    assert!(
        matches!(of_guest, Ok(Err(TaskError::Failed("of a guest")))),
        "{of_guest:?}"
    );
}

/// The scope has not ended yet.
async fn a_failure_reaches_the_task_that_is_awaited_while_finalizers_run() {
    let heard = Mutex::new(None);
    let settlement = settled::<&str>().run(async |s| {
        let task = s.spawn(async { Err::<(), _>("heard") });
        s.defer(async { *heard.lock().unwrap() = Some(task.await) });
        Ok(())
    });
    let settlement = settlement.await.expect("the body worked");
    let heard = heard.into_inner().unwrap();
    assert!(matches!(heard, Some(Err(TaskError::Failed("heard")))), "{heard:?}");
    assert!(settlement.failures.is_empty(), "{settlement:?}");
}

async fn a_failure_that_is_not_awaited_comes_before_that_of_a_finalizer() {
    let settlement = settled::<&str>().run(async |s| {
        s.defer(async { Err::<(), _>("second") });
        drop(s.spawn(async { Err::<(), _>("first") }));
        Ok(())
    });
    let failures = settlement.await.expect("the body worked").failures;
    let texts: Vec<_> = failures.iter().map(|failure| failure.error.to_string()).collect();
    assert_eq!(texts, ["first", "second"]);
}

fn a_failure_that_is_waited_for_no_more_is_among_the_failures() {
    let gate = Gate::new();
    let (s, driver) = settled::<&str>().open();
    let waits = |error| {
        let gate = gate.clone();
        let mut task = by_hand(s.spawn(async move {
            gate.wait().await;
            Err::<(), _>(error)
        }));
        assert!(task.poll_until_idle().is_pending());
        task
    };
    let (before, after) = (waits("dropped before"), waits("dropped after"));
    let mut driver = by_hand(driver);
    assert!(driver.poll_until_idle().is_pending());
    drop(before);
    gate.open();
    assert!(driver.poll_until_idle().is_pending());
    drop(after);
    drop(s);
    let failures = driver.finish().expect("nothing stopped it").failures;
    let texts: Vec<_> = failures.iter().map(|failure| failure.error.to_string()).collect();
    assert_eq!(texts, ["dropped before", "dropped after"]);
}

/// Also where the policy was given back what nothing waited for before that wait was given up.
async fn one_that_is_waited_for_no_more_after_a_finalizer_has_failed_is_among_them_too() {
    let settlement = settled::<&str>().run(async |s| {
        let mut task = s.spawn(async {
            yields(1).await;
            Err::<(), _>("of the child")
        });
        assert!(poll_once(Pin::new(&mut task)).await.is_pending());
        s.defer(async move { drop(task) });
        s.defer(async { Err::<(), _>("of the finalizer") });
        Ok(())
    });
    let failures = settlement.await.expect("the body worked").failures;
    let texts: Vec<_> = failures.iter().map(|failure| failure.error.to_string()).collect();
    assert_eq!(texts, ["of the finalizer", "of the child"]);
}

on_every_runtime!(
    one_that_is_waited_for_no_more_after_a_finalizer_has_failed_is_among_them_too,
    outcomes_come_in_the_order_in_which_their_tasks_are_awaited,
    a_panic_among_them_is_one_outcome_of_many,
    a_panic_that_is_not_awaited_is_among_the_failures,
    the_reason_of_a_child_cancelled_alone_is_told_to_its_task,
    a_failure_reaches_the_task_that_is_awaited_while_finalizers_run,
    a_failure_that_is_not_awaited_comes_before_that_of_a_finalizer,
);
polled_on_every_runtime!(
    a_task_that_was_dropped_before_or_after_its_child_failed_leaves_the_failure_to_the_settlement,
    of_many_children_of_every_kind_those_not_awaited_are_reported,
    a_failure_reaches_the_task_that_waits_for_it_though_the_scope_ends_with_it,
    a_failure_that_is_waited_for_no_more_is_among_the_failures,
);
