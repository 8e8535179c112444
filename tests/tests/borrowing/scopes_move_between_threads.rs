//! A scope of `Send` children is `Send`: it may be polled on one thread and then on another.

use std::{task::Poll, thread};

use purview::{current, scope, try_scope};
use purview_tests::{Gate, by_hand, polled_on_every_runtime};

fn a_scope_is_driven_by_three_threads_in_turn() {
    let (first, second) = (Gate::new(), Gate::new());
    let mut run = by_hand(scope({
        let (first, second) = (first.clone(), second.clone());
        async move |s| {
            let a = s.spawn(async move {
                first.wait().await;
                1
            });
            let b = s.spawn(async move {
                second.wait().await;
                2
            });
            a.await + b.await
        }
    }));
    assert!(run.poll_until_idle().is_pending());
    first.open();
    let mut run = thread::spawn(move || {
        assert!(run.poll_until_idle().is_pending());
        run
    })
    .join()
    .expect("polled elsewhere");
    second.open();
    assert_eq!(
        thread::spawn(move || run.poll_until_idle())
            .join()
            .expect("polled elsewhere"),
        Poll::Ready(3)
    );
}

fn a_scope_that_was_started_on_one_thread_is_dropped_on_another() {
    let log = purview_tests::Log::new();
    let mut run = by_hand(try_scope({
        let log = log.clone();
        async move |s| {
            s.spawn(log.traced("child", std::future::pending::<Result<(), ()>>()));
            Ok(())
        }
    }));
    assert!(run.poll_until_idle().is_pending());
    thread::spawn(move || drop(run)).join().expect("dropped elsewhere");
    assert_eq!(log.entries(), ["child polled", "child dropped"]);
}

fn a_handle_spawns_from_another_thread_and_wakes_the_scope() {
    let body = Gate::new();
    let mut handle = None;
    let slot = &mut handle;
    let mut run = by_hand(scope(|s| {
        *slot = Some(s);
        body.wait()
    }));
    assert!(run.poll_until_idle().is_pending());
    let handle = handle.take().expect("the closure ran");
    let before = run.wakes();
    let task = thread::scope(|threads| {
        threads
            .spawn(move || handle.spawn(async { 7 }))
            .join()
            .expect("spawned elsewhere")
    });
    assert!(run.wakes() > before, "work from outside wakes the scope");
    assert!(run.poll_until_idle().is_pending());
    assert!(task.is_finished());
    body.open();
    run.finish();
}

fn the_task_around_a_future_follows_it_to_another_thread() {
    let gate = Gate::new();
    let mut run = by_hand(scope({
        let gate = gate.clone();
        async move |s| {
            let child = s.task().name("traveller").spawn(async move {
                let before = current().map(|me| me.name().to_owned());
                gate.wait().await;
                (before, current().map(|me| me.name().to_owned()))
            });
            child.await
        }
    }));
    assert!(run.poll_until_idle().is_pending());
    assert!(current().is_none(), "nothing stays behind on the thread that polled");
    gate.open();
    let names = thread::spawn(move || run.finish()).join().expect("polled elsewhere");
    assert_eq!(names, (Some("traveller".to_owned()), Some("traveller".to_owned())));
}

polled_on_every_runtime!(
    a_scope_is_driven_by_three_threads_in_turn,
    a_scope_that_was_started_on_one_thread_is_dropped_on_another,
    a_handle_spawns_from_another_thread_and_wakes_the_scope,
    the_task_around_a_future_follows_it_to_another_thread,
);
