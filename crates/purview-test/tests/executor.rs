//! The virtual executor: what it polls, in which order, and what survives a panic.

use std::{
    collections::BTreeSet,
    future::{pending, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind, panic_any},
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
        mpsc,
    },
    task::{Context, Poll, Waker},
    thread,
    time::Duration,
};

use futures::channel::oneshot;
use purview_core::{Spawner, Timer};
use purview_test::{VirtualRuntime, yield_now};

/// Five tasks of three turns each; the order of all their turns.
fn order_of_turns(rt: &VirtualRuntime) -> Vec<usize> {
    let turns = Arc::new(Mutex::new(Vec::new()));
    for task in 0..5 {
        let turns = Arc::clone(&turns);
        rt.spawn(async move {
            for _ in 0..3 {
                turns.lock().unwrap().push(task);
                yield_now().await;
            }
        });
    }
    rt.block_on(rt.idle());
    Arc::into_inner(turns)
        .expect("all tasks have ended")
        .into_inner()
        .unwrap()
}

#[test]
fn unseeded_it_polls_in_the_order_of_wakes() {
    assert_eq!(order_of_turns(&VirtualRuntime::new()), [0, 1, 2, 3, 4].repeat(3));
}

#[test]
fn one_seed_gives_one_schedule_and_many_give_many() {
    let run = |seed| {
        let rt = VirtualRuntime::seeded(seed);
        (order_of_turns(&rt), rt.fingerprint())
    };
    let runs: BTreeSet<_> = (0..50).map(run).collect();
    assert!(runs.len() > 40, "only {} of 50 seeds differ", runs.len());
    assert!((0..50).map(run).all(|again| runs.contains(&again)));
}

#[test]
fn a_task_is_polled_once_for_any_number_of_wakes_before() {
    let rt = VirtualRuntime::new();
    let mut polls = 0;
    rt.block_on(poll_fn(|cx| {
        polls += 1;
        for _ in 0..3 {
            cx.waker().wake_by_ref();
        }
        if polls < 10 { Poll::Pending } else { Poll::Ready(()) }
    }));
    assert_eq!(polls, 10);
}

#[test]
fn nothing_is_polled_that_was_not_woken() {
    let rt = VirtualRuntime::new();
    let polls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&polls);
    rt.spawn(poll_fn(move |_| {
        counted.fetch_add(1, Ordering::SeqCst);
        Poll::Pending
    }));
    rt.block_on(async {
        for _ in 0..100 {
            yield_now().await;
        }
    });
    assert_eq!(polls.load(Ordering::SeqCst), 1);
}

#[test]
fn a_panicking_task_leaves_the_others_alone() {
    let rt = VirtualRuntime::new();
    let (tell, told) = oneshot::channel();
    rt.spawn(async { panic!("on purpose") });
    rt.spawn(async { tell.send(7).unwrap() });
    assert_eq!(rt.block_on(told), Ok(7));
}

#[test]
fn a_panic_of_the_root_comes_out_with_its_payload_though_its_destructor_panics_too() {
    struct PanicsInPollAndDrop;
    impl Future for PanicsInPollAndDrop {
        type Output = ();
        fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
            panic_any(42_u8)
        }
    }
    impl Drop for PanicsInPollAndDrop {
        fn drop(&mut self) {
            panic!("in the destructor");
        }
    }
    let rt = VirtualRuntime::new();
    let payload = catch_unwind(AssertUnwindSafe(|| rt.block_on(PanicsInPollAndDrop))).unwrap_err();
    assert_eq!(payload.downcast_ref(), Some(&42_u8));
    assert_eq!(rt.block_on(async { 1 }), 1);
}

#[test]
fn blocking_on_a_runtime_from_inside_it_is_a_clear_panic() {
    let rt = VirtualRuntime::new();
    let nested = rt.block_on(async { catch_unwind(AssertUnwindSafe(|| rt.block_on(async {}))) });
    let payload = nested.unwrap_err();
    assert!(
        payload
            .downcast_ref::<&str>()
            .is_some_and(|text| text.contains("being driven already"))
    );
    rt.block_on(async {});
}

#[test]
fn another_thread_can_wake_and_spawn() {
    let rt = VirtualRuntime::new().patience(Duration::from_secs(60));
    let (tell, told) = oneshot::channel();
    let other = thread::spawn({
        let rt = rt.clone();
        move || {
            rt.spawn(async { tell.send(()).unwrap() });
        }
    });
    rt.block_on(told).unwrap();
    other.join().unwrap();
}

#[test]
fn closures_are_started_in_an_order_that_the_seed_decides() {
    let run = |seed| {
        let rt = VirtualRuntime::seeded(seed);
        let ended = Arc::new(Mutex::new(BTreeSet::new()));
        for closure in 0..5 {
            let ended = Arc::clone(&ended);
            rt.spawn_blocking(Box::new(move || {
                assert!(ended.lock().unwrap().insert(closure));
            }))
            .unwrap();
        }
        rt.block_on(rt.idle());
        assert_eq!(*ended.lock().unwrap(), (0..5).collect::<BTreeSet<_>>());
        rt.fingerprint()
    };
    let schedules: BTreeSet<_> = (0..20).map(run).collect();
    assert!(schedules.len() > 10, "only {} of 20 seeds differ", schedules.len());
    assert!((0..20).map(run).all(|again| schedules.contains(&again)));
}

#[test]
fn a_closure_may_wait_for_a_task() {
    let rt = VirtualRuntime::new();
    let (question, asked) = mpsc::channel();
    let (answer, answered) = oneshot::channel();
    rt.spawn_blocking(Box::new(move || {
        answer.send(asked.recv().unwrap()).unwrap();
    }))
    .unwrap();
    rt.spawn(async move {
        yield_now().await;
        question.send("what now").unwrap();
    });
    assert_eq!(rt.block_on(answered), Ok("what now"));
}

#[test]
fn a_closure_that_spins_until_a_timer_fires_does_not_hold_the_clock() {
    let rt = VirtualRuntime::new();
    let fired = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&fired);
    let (tell, told) = oneshot::channel();
    rt.spawn_blocking(Box::new(move || {
        while !seen.load(Ordering::SeqCst) {
            thread::yield_now();
        }
        tell.send(()).unwrap();
    }))
    .unwrap();
    rt.block_on(async {
        rt.sleep_until(rt.now() + Duration::from_secs(1)).await;
        fired.store(true, Ordering::SeqCst);
        told.await.unwrap();
    });
    assert_eq!(rt.elapsed(), Duration::from_secs(1));
}

#[test]
fn shutdown_drops_what_was_spawned_and_refuses_more() {
    let rt = VirtualRuntime::new();
    let held = Arc::new(());
    for _ in 0..3 {
        let held = Arc::clone(&held);
        rt.spawn(async move {
            pending::<()>().await;
            drop(held);
        });
    }
    rt.run_until_stalled();
    rt.shutdown();
    assert_eq!(Arc::strong_count(&held), 1);
    let refused = Arc::clone(&held);
    let error = Spawner::spawn(&rt, Box::pin(async move { drop(refused) })).unwrap_err();
    assert!(error.to_string().contains("shut down"));
    assert_eq!(Arc::strong_count(&held), 1);
    let dropped = Arc::clone(&held);
    rt.spawn(async move { drop(dropped) });
    assert_eq!(Arc::strong_count(&held), 1);
}

#[test]
fn a_waker_that_outlives_the_runtime_wakes_nothing() {
    let kept = Mutex::new(None::<Waker>);
    let rt = VirtualRuntime::new();
    rt.block_on(poll_fn(|cx| {
        *kept.lock().unwrap() = Some(cx.waker().clone());
        Poll::Ready(())
    }));
    let waker = kept.lock().unwrap().take().unwrap();
    waker.wake_by_ref();
    drop(rt);
    waker.wake();
}

#[test]
fn a_waker_whose_drop_uses_the_runtime_does_not_block_it() {
    struct Reentrant(VirtualRuntime);
    impl std::task::Wake for Reentrant {
        fn wake(self: Arc<Self>) {
            self.0.advance(Duration::from_secs(1));
        }
    }
    impl Drop for Reentrant {
        fn drop(&mut self) {
            self.0.spawn(async {});
        }
    }
    let rt = VirtualRuntime::new();
    let mut sleep = rt.sleep_until(rt.now() + Duration::from_secs(1));
    for _ in 0..2 {
        let waker = Waker::from(Arc::new(Reentrant(rt.clone())));
        assert!(sleep.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    }
    rt.advance(Duration::from_secs(1));
    assert_eq!(rt.elapsed(), Duration::from_secs(2));
    assert!(sleep.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready());
}
