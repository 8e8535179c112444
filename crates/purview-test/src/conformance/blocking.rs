//! What the `spawn_blocking` of a [`Spawner`](purview_core::Spawner) must keep to.

use std::{
    sync::{Arc, mpsc},
    thread,
};

use super::{
    case::{Case, must_be_refused, must_be_taken},
    signal::Signal,
};

/// A runtime takes closures that may block, or says that it does not and drops them.
pub async fn spawn_blocking_runs_or_refuses_as_declared(case: Case) {
    let (ran, held) = (Signal::default(), Arc::new(()));
    let (runs, inside) = (ran.clone(), Arc::clone(&held));
    let taken = case.try_spawn_blocking(move || {
        runs.set();
        drop(inside);
    });
    if case.refuses.spawn_blocking {
        let error = must_be_refused(taken, "spawn_blocking", "a closure that may block");
        assert!(!error.to_string().is_empty());
        assert_eq!(Arc::strong_count(&held), 1, "a refused closure was kept");
        assert!(!ran.is_set(), "a refused closure was run");
    } else {
        must_be_taken(taken, "spawn_blocking", "a closure that may block");
        case.closure_sets(&ran).await;
    }
}

/// While a closure blocks, futures run; the closure can wait for what they do.
pub async fn futures_run_while_a_closure_blocks(case: Case) {
    if case.refuses.spawn_blocking {
        return;
    }
    let (release, is_released) = mpsc::channel();
    let [started, ended] = [(); 2].map(|()| Signal::default());
    let (starts, ends) = (started.clone(), ended.clone());
    case.spawn_blocking(move || {
        starts.set();
        is_released.recv().expect("the other end is kept until it has sent");
        ends.set();
    });
    case.closure_sets(&started).await;
    if !case.refuses.spawn {
        case.still_runs_futures(
            "no future ran while a closure blocked: the runtime runs closures where it polls futures",
        )
        .await;
    }
    assert!(!ended.is_set());
    release.send(()).expect("the closure waits");
    case.closure_sets(&ended).await;
}

/// A closure that panics takes neither a thread nor other closures with it.
pub async fn a_panicking_closure_stops_no_other(case: Case) {
    if case.refuses.spawn_blocking {
        return;
    }
    for _ in 0..16 {
        case.spawn_blocking(|| panic!("on purpose: a runtime survives this"));
    }
    let ran = Signal::default();
    let runs = ran.clone();
    case.spawn_blocking(move || runs.set());
    case.wait(
        "no closure ran after others had panicked: the runtime has lost a thread to each",
        ran.wait(),
    )
    .await;
}

/// A closure can be spawned from a thread that the runtime knows nothing of, and from another closure.
pub async fn closures_can_be_spawned_from_any_thread(case: Case) {
    if case.refuses.spawn_blocking {
        return;
    }
    let ran = Signal::default();
    let (runs, elsewhere) = (ran.clone(), case.clone());
    let other = thread::spawn(move || {
        let inside = elsewhere.clone();
        elsewhere.spawn_blocking(move || inside.spawn_blocking(move || runs.set()));
    });
    case.closure_sets(&ran).await;
    other.join().expect("spawning does not panic");
}

/// A closure that has ended is dropped with all that it held.
pub async fn ended_closures_are_dropped(case: Case) {
    if case.refuses.spawn_blocking {
        return;
    }
    let held = Arc::new(());
    let inside = Arc::clone(&held);
    case.spawn_blocking(move || assert!(Arc::strong_count(&inside) >= 2));
    case.eventually("a closure that has ended was not dropped with what it held", || {
        Arc::strong_count(&held) == 1
    })
    .await;
}
