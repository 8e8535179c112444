//! What the `spawn` of a [`Spawner`](purview_core::Spawner) must keep to.

use std::{
    future::poll_fn,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Poll, Waker},
    thread,
    time::Duration,
};

use super::{
    case::{Case, must_be_refused, must_be_taken},
    signal::Signal,
    watch::FUTURE,
};

const AFTER_A_PANIC: &str =
    "no future ran after others had panicked: the runtime has lost a thread, or itself, to each";

/// A runtime takes futures, or says that it does not and drops them.
pub async fn spawn_runs_or_refuses_as_declared(case: Case) {
    let (ran, held) = (Signal::default(), Arc::new(()));
    let (runs, inside) = (ran.clone(), Arc::clone(&held));
    let taken = case.try_spawn(async move {
        runs.set();
        drop(inside);
    });
    if case.refuses.spawn {
        let error = must_be_refused(taken, "spawn", "a future");
        assert!(!error.to_string().is_empty());
        assert_eq!(Arc::strong_count(&held), 1, "a refused future was kept");
        assert!(!ran.is_set(), "a refused future was run");
    } else {
        must_be_taken(taken, "spawn", "a future");
        case.future_sets(&ran).await;
    }
}

/// Spawned futures run to their end though no handle of them is held.
pub async fn spawned_futures_are_detached(case: Case) {
    if case.refuses.spawn {
        return;
    }
    let ended = Signal::default();
    let (ends, inside) = (ended.clone(), case.clone());
    case.spawn(async move {
        for turn in 0..10 {
            if turn % 5 == 0 {
                inside.sleep(Duration::from_millis(1)).await;
            }
            turn_over().await;
        }
        ends.set();
    });
    case.future_sets(&ended).await;
}

/// Each spawned future runs, and once.
pub async fn every_spawned_future_runs_once(case: Case) {
    if case.refuses.spawn {
        return;
    }
    let (runs, all) = (Arc::new(AtomicUsize::new(0)), Signal::default());
    for _ in 0..100 {
        let (runs, all) = (Arc::clone(&runs), all.clone());
        case.spawn(async move {
            turn_over().await;
            if runs.fetch_add(1, Ordering::SeqCst) == 99 {
                all.set();
            }
        });
    }
    case.future_sets(&all).await;
    case.still_runs_futures(FUTURE).await;
    assert_eq!(runs.load(Ordering::SeqCst), 100);
}

/// A future that panics takes neither a thread nor the other futures with it.
pub async fn a_panicking_future_stops_no_other(case: Case) {
    if case.refuses.spawn {
        return;
    }
    let (ended, survives) = (Signal::default(), Signal::default());
    let (ends, goes) = (ended.clone(), survives.clone());
    case.spawn(async move {
        goes.wait().await;
        ends.set();
    });
    // More of them than most runtimes have threads.
    for _ in 0..16 {
        case.spawn(async { panic!("on purpose: a runtime survives this") });
    }
    case.still_runs_futures(AFTER_A_PANIC).await;
    survives.set();
    case.wait(AFTER_A_PANIC, ended.wait()).await;
}

/// A future can be spawned from inside a spawned future.
pub async fn spawned_futures_can_spawn(case: Case) {
    if case.refuses.spawn {
        return;
    }
    let ran = Signal::default();
    let (runs, inside) = (ran.clone(), case.clone());
    case.spawn(async move {
        let again = inside.clone();
        inside.spawn(async move { again.spawn(async move { runs.set() }) });
    });
    case.future_sets(&ran).await;
}

/// A future can be spawned from a thread that the runtime knows nothing of.
pub async fn futures_can_be_spawned_from_any_thread(case: Case) {
    if case.refuses.spawn {
        return;
    }
    let ran = Signal::default();
    let (runs, elsewhere) = (ran.clone(), case.clone());
    let other = thread::spawn(move || elsewhere.spawn(async move { runs.set() }));
    case.future_sets(&ran).await;
    other.join().expect("spawning does not panic");
}

/// A spawned future is woken from any thread.
pub async fn spawned_futures_are_woken_from_any_thread(case: Case) {
    if case.refuses.spawn {
        return;
    }
    let [waits, may_go, ended] = [(); 3].map(|()| Signal::default());
    let (at_wait, go, ends) = (waits.clone(), may_go.clone(), ended.clone());
    case.spawn(async move {
        at_wait.set();
        go.wait().await;
        ends.set();
    });
    case.future_sets(&waits).await;
    let other = thread::spawn(move || may_go.set());
    case.wait(
        "a spawned future that another thread woke was not polled again",
        ended.wait(),
    )
    .await;
    other.join().expect("waking does not panic");
}

/// A waker that is used after its future has ended wakes nothing, and does no harm.
pub async fn wakers_outlive_their_futures(case: Case) {
    if case.refuses.spawn {
        return;
    }
    let (kept, ended) = (Arc::new(Mutex::new(None::<Waker>)), Signal::default());
    let (keeps, ends) = (Arc::clone(&kept), ended.clone());
    case.spawn(async move {
        let waker = poll_fn(|cx| Poll::Ready(cx.waker().clone())).await;
        *keeps.lock().expect("nothing panics with this lock") = Some(waker);
        ends.set();
    });
    case.future_sets(&ended).await;
    let waker = kept
        .lock()
        .expect("nothing panics with this lock")
        .take()
        .expect("the future has stored it");
    waker.wake_by_ref();
    case.still_runs_futures(FUTURE).await;
    waker.wake();
    case.still_runs_futures(FUTURE).await;
}

/// A future that has ended is dropped, also when its waker is still held.
pub async fn ended_futures_are_dropped(case: Case) {
    if case.refuses.spawn {
        return;
    }
    let (held, kept) = (Arc::new(()), Arc::new(Mutex::new(None::<Waker>)));
    let (inside, keeps) = (Arc::clone(&held), Arc::clone(&kept));
    case.spawn(poll_fn(move |cx| {
        assert_eq!(Arc::strong_count(&inside), 2);
        *keeps.lock().expect("nothing panics with this lock") = Some(cx.waker().clone());
        Poll::Ready(())
    }));
    case.eventually(
        "a future that has ended was not dropped: the runtime keeps it, or its waker does",
        || Arc::strong_count(&held) == 1,
    )
    .await;
}

/// A spawned future that wakes itself and waits has others run, and is polled again.
pub async fn futures_that_wake_themselves_share_the_runtime(case: Case) {
    if case.refuses.spawn {
        return;
    }
    let (stop, stopped) = (Signal::default(), Signal::default());
    let (stops, has_stopped) = (stop.clone(), stopped.clone());
    case.spawn(async move {
        while !stops.is_set() {
            turn_over().await;
        }
        has_stopped.set();
    });
    case.still_runs_futures("no future ran beside one that wakes itself: the runtime polls that alone")
        .await;
    stop.set();
    case.future_sets(&stopped).await;
}

async fn turn_over() {
    let mut turned = false;
    poll_fn(|cx| {
        if turned {
            return Poll::Ready(());
        }
        turned = true;
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
