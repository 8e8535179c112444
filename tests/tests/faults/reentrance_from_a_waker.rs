//! A waker that meddles with the scope that clones, wakes or drops it, or polls it on the spot.

use std::{
    future::{pending, poll_fn, ready},
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    task::{Context, Poll, Wake, Waker},
};

use cooked_waker::{IntoWaker, WakeRef};
use futures::{FutureExt, future::BoxFuture};
use purview::{CancelToken, ScopeError, fail_fast, settled};
use purview_tests::{AnyRuntime, Gate, Trap, by_hand, yields};

use crate::{
    live::Live,
    meddle::{Meddled, everything, everything_and_cancel},
};

/// Makes wakers that meddle in one of their operations, but not while they do.
#[derive(Clone)]
struct Meddling(Arc<Inner>);

struct Inner {
    trap: Trap,
    how: fn(&Meddled, &Live),
    target: Mutex<(Meddled, Live)>,
    times: AtomicUsize,
}

impl Meddling {
    fn new(trap: Trap, how: fn(&Meddled, &Live), s: &Meddled, live: &Live) -> Self {
        Self(Arc::new(Inner {
            trap,
            how,
            target: Mutex::new((s.clone(), live.clone())),
            times: AtomicUsize::new(0),
        }))
    }

    fn waker(&self) -> Waker {
        Box::new(MeddlingWaker(self.clone())).into_waker()
    }

    fn meddle(&self, operation: Trap) {
        if operation != self.0.trap {
            return;
        }
        if let Ok(target) = self.0.target.try_lock() {
            (self.0.how)(&target.0, &target.1);
            self.0.times.fetch_add(1, SeqCst);
        }
    }

    fn times(&self) -> usize {
        self.0.times.load(SeqCst)
    }
}

struct MeddlingWaker(Meddling);

impl Clone for MeddlingWaker {
    fn clone(&self) -> Self {
        self.0.meddle(Trap::Clone);
        Self(self.0.clone())
    }
}

impl WakeRef for MeddlingWaker {
    fn wake_by_ref(&self) {
        self.0.meddle(Trap::Wake);
    }
}

impl cooked_waker::Wake for MeddlingWaker {}

impl Drop for MeddlingWaker {
    fn drop(&mut self) {
        self.0.meddle(Trap::Drop);
    }
}

/// Every operation, with and without a cancellation in it.
fn all_ways() -> impl Iterator<Item = (Trap, fn(&Meddled, &Live))> {
    [Trap::Clone, Trap::Wake, Trap::Drop].into_iter().flat_map(|trap| {
        let both: [fn(&Meddled, &Live); 2] = [everything, everything_and_cancel];
        both.map(|how| (trap, how))
    })
}

fn poll_with<F: Future + Unpin>(future: &mut F, waker: &Waker) -> Poll<F::Output> {
    Pin::new(future).poll(&mut Context::from_waker(waker))
}

fn is_as_it_should(out: Result<(), ScopeError<&'static str>>) -> bool {
    out.is_ok() || out.is_err_and(|error| error.is_cancelled())
}

async fn of_the_task_that_awaits_the_scope(runtime: AnyRuntime) {
    for (trap, how) in all_ways() {
        let (live, gate) = (Live::new(), Gate::new());
        let (service, mut driver) = fail_fast().runtime(runtime.clone()).open();
        let meddling = Meddling::new(trap, how, &service, &live);
        drop(service.spawn(live.within(gate.wait().map(Ok))));
        assert!(poll_with(&mut driver, &meddling.waker()).is_pending());
        gate.open();
        if poll_with(&mut driver, Waker::noop()).is_pending() {
            service.close();
            assert!(is_as_it_should(driver.await), "{trap:?}");
        }
        assert!(meddling.times() > 0, "{trap:?}");
        drop((service, meddling));
        live.all_dropped(live.made()).await;
    }
}

async fn of_what_awaits_a_task(runtime: AnyRuntime) {
    for (trap, how) in all_ways() {
        let (live, gate) = (Live::new(), Gate::new());
        let (service, mut driver) = fail_fast().runtime(runtime.clone()).open();
        let meddling = Meddling::new(trap, how, &service, &live);
        let mut task = service.spawn(live.within(gate.wait().map(|()| Ok(7))));
        assert!(poll_with(&mut driver, Waker::noop()).is_pending());
        assert!(poll_with(&mut task, &meddling.waker()).is_pending());
        assert!(poll_with(&mut task, &meddling.waker()).is_pending());
        gate.open();
        let _ = poll_with(&mut driver, Waker::noop()).map(|out| assert!(is_as_it_should(out), "{trap:?}"));
        drop(task);
        assert!(meddling.times() > 0, "{trap:?}");
        service.close();
        drop((service, meddling, driver));
        live.all_dropped(live.made()).await;
    }
}

async fn of_what_waits_on_the_token(runtime: AnyRuntime) {
    for (trap, how) in all_ways() {
        let live = Live::new();
        let (service, mut driver) = fail_fast().runtime(runtime.clone()).open();
        let meddling = Meddling::new(trap, how, &service, &live);
        let (mut first, mut second) = (service.token().cancelled(), service.token().child().cancelled());
        assert!(poll_with(&mut driver, Waker::noop()).is_pending());
        for _ in 0..2 {
            drop(poll_with(&mut first, &meddling.waker()));
            drop(poll_with(&mut second, &meddling.waker()));
        }
        service.cancel();
        assert!(poll_with(&mut first, Waker::noop()).is_ready() && poll_with(&mut second, Waker::noop()).is_ready());
        assert!(meddling.times() > 0, "{trap:?}");
        assert!(is_as_it_should(driver.await), "{trap:?}");
        drop((service, meddling));
        live.all_dropped(live.made()).await;
    }
}

async fn of_what_waits_for_a_permit(runtime: AnyRuntime) {
    for (trap, how) in all_ways() {
        let live = Live::new();
        let (service, driver) = fail_fast().runtime(runtime.clone()).limit(1).open();
        let meddling = Meddling::new(trap, how, &service, &live);
        let held = by_hand(service.permit()).finish();
        let mut waiting = by_hand(service.permit());
        let mut given = waiting.poll_with(&meddling.waker());
        if given.is_pending() {
            given = waiting.poll_with(&meddling.waker());
        }
        drop(held);
        // A daemon that the waker has spawned may have the place, and keeps it until it is cancelled.
        let takes = async {
            yields(20).await;
            service.cancel();
            let permit = match given {
                Poll::Ready(permit) => permit,
                Poll::Pending => poll_fn(|cx| waiting.poll_with(cx.waker())).await,
            };
            drop(permit.spawn(live.within(ready(Ok(())))));
            service.close();
        };
        let (out, ()) = futures::future::join(driver, takes).await;
        assert!(is_as_it_should(out), "{trap:?}");
        drop(waiting);
        assert!(meddling.times() > 0, "{trap:?}");
        drop((service, meddling));
        live.all_dropped(live.made()).await;
    }
}

/// The last handle and the last task of a scope are dropped by the waker that it wakes.
fn that_drops_the_last_handles(runtime: AnyRuntime) {
    let (live, gate) = (Live::new(), Gate::new());
    let (service, mut driver) = settled::<&str>().runtime(runtime).open();
    let task = service.spawn(live.within(gate.wait().map(Ok)));
    let held = Mutex::new(Some((service, task)));
    let waker = purview_tests::calling_waker(move || drop(held.lock().unwrap().take()));
    assert!(poll_with(&mut driver, &waker).is_pending());
    gate.open();
    assert!(by_hand(driver).finish().is_ok());
    live.assert_dropped(1);
}

/// An executor that polls a woken future before the wake returns.
#[derive(Default)]
struct AtOnce {
    future: Mutex<Option<BoxFuture<'static, ()>>>,
    woken: AtomicUsize,
}

impl Wake for AtOnce {
    fn wake(self: Arc<Self>) {
        self.woken.fetch_add(1, SeqCst);
        loop {
            // Woken while it polls, it is at it already, and goes on.
            let Some(mut future) = self.future.try_lock().ok().and_then(|mut future| future.take()) else {
                return;
            };
            let woken = self.woken.load(SeqCst);
            let waker = Waker::from(self.clone());
            if future.as_mut().poll(&mut Context::from_waker(&waker)).is_ready() {
                return;
            }
            *self.future.lock().unwrap() = Some(future);
            if self.woken.load(SeqCst) == woken {
                return;
            }
        }
    }
}

/// Polls the scope in the wake of a child, of a token, and of a handle that spawns.
fn that_polls_the_scope_at_once(runtime: AnyRuntime) {
    let (live, gate, token, done) = (Live::new(), Gate::new(), CancelToken::new(), Live::new());
    let (service, driver) = settled::<&str>().runtime(runtime).cancel_on(&token).open();
    let at_once = Arc::new(AtOnce::default());
    let says = done.value();
    *at_once.future.lock().unwrap() = Some(Box::pin(driver.map(move |out| {
        assert!(out.is_ok());
        drop(says);
    })));
    at_once.clone().wake();
    let waits = service.spawn(live.within(gate.wait().map(|()| Ok(7))));
    let yields = service.spawn(live.within(yields(500).map(Ok)));
    assert!(yields.is_finished());
    gate.open();
    assert_eq!(by_hand(waits).finish().ok(), Some(7));
    let handle = service.clone();
    let spawns = service.spawn(live.within(async move {
        let task = handle.spawn(ready(Ok(1)));
        handle
            .spawn(async move { Ok(task.await.unwrap_or(0) + 1) })
            .await
            .map_err(|_| "lost")
    }));
    assert_eq!(by_hand(spawns).finish().ok(), Some(2));
    let cut = service.spawn(live.within(pending::<Result<(), _>>()));
    cut.cancel();
    assert!(by_hand(cut).finish().is_err());
    drop(service.spawn(live.within(pending::<Result<(), _>>())));
    assert_eq!(done.alive(), 1);
    token.cancel();
    done.assert_dropped(1);
    live.assert_dropped(5);
}

faults! {
    run {
        of_the_task_that_awaits_the_scope,
        of_what_awaits_a_task,
        of_what_waits_on_the_token,
        of_what_waits_for_a_permit,
    }
    by_hand {
        that_drops_the_last_handles,
        that_polls_the_scope_at_once,
    }
}
