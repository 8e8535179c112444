//! A policy that meddles with its scope whenever it is asked something.

use std::{
    collections::BTreeSet,
    future::{pending, ready},
    ops::ControlFlow,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    task::{Context, Poll, Waker},
    time::Duration,
};

use futures::FutureExt;
use purview::{CancelReason, End, Policy, Scope, Task, TaskId, TaskInfo, scope, settled, timeout, with_policy};
use purview_tests::{AnyRuntime, by_hand, yields};

use crate::live::Live;

type Meddled = Scope<'static, Meddles>;

/// Gives each task what its child returned, notes what it was told, and meddles when it is asked, so many times.
struct Meddles {
    target: Target,
    cancels: bool,
    left: AtomicUsize,
    told: BTreeSet<TaskId>,
    live: Live,
}

/// The scope that asks the policy, and a task in it, which the body leaves here.
type Target = Arc<Mutex<Option<(Meddled, Task<u32>)>>>;

impl Meddles {
    fn new(target: &Target, cancels: bool, times: usize, live: &Live) -> Self {
        Self {
            target: target.clone(),
            cancels,
            left: AtomicUsize::new(times),
            told: BTreeSet::new(),
            live: live.clone(),
        }
    }

    fn meddle(&self) {
        let one_less = |left: usize| left.checked_sub(1);
        if self.left.fetch_update(SeqCst, SeqCst, one_less).is_err() {
            return;
        }
        let Some((s, mut task)) = self.target.lock().unwrap().take() else {
            return;
        };
        self.spawn_and_cancel(&s);
        let _ = task.poll_unpin(&mut Context::from_waker(Waker::noop()));
        self.nest();
        if self.cancels {
            s.cancel_with("by the policy");
        }
        self.spawn_and_cancel(&s);
        let task = s.spawn(self.live.within(yields(1).map(|()| 1)));
        *self.target.lock().unwrap() = Some((s, task));
    }

    fn spawn_and_cancel(&self, s: &Meddled) {
        let live = &self.live;
        drop(s.spawn(live.within(yields(1))));
        drop(s.spawn_parallel(live.within(yields(1))));
        drop(s.try_spawn(live.within(ready(()))));
        drop(s.task().daemon().spawn(live.within(pending::<()>())));
        s.defer(live.within(yields(1)));
        s.spawn(live.within(pending::<()>())).cancel();
        let _ = by_hand(s.spawn(live.within(yields(1)))).poll();
        drop((
            s.token().child(),
            s.len(),
            s.set_deadline(None),
            by_hand(s.permit()).poll(),
        ));
    }

    fn nest(&self) {
        let live = &self.live;
        let mut nested = by_hand(scope(async |inner| {
            inner.spawn(live.within(yields(2).map(|()| 7))).await
        }));
        // In a scope that is cancelled it is too, and waits to be dropped.
        if let Poll::Ready(value) = nested.poll_until_idle() {
            assert_eq!(value, 7);
        }
        let mut dropped = by_hand(settled::<()>().run(async |inner| {
            inner.spawn(live.within(pending::<Result<(), ()>>()));
            let _ = timeout(Duration::MAX, pending::<()>()).await;
            Ok(())
        }));
        drop(dropped.poll_until_idle());
    }
}

fn value<T>(end: End<T>) -> Option<T> {
    match end {
        End::Returned(value) => Some(value),
        _ => None,
    }
}

impl Policy for Meddles {
    type Child<T> = T;
    type Joined<T> = T;
    type Output<R> = Option<R>;

    fn child_ended<T>(&mut self, task: &TaskInfo, end: End<T>) -> (Option<T>, ControlFlow<()>) {
        self.meddle();
        assert!(self.told.insert(task.id()), "told twice of {task:?}");
        (value(end), ControlFlow::Continue(()))
    }

    fn body_ended<R>(&mut self, end: End<R>) -> (Option<R>, ControlFlow<()>) {
        self.meddle();
        (value(end), ControlFlow::Continue(()))
    }

    fn finish<R>(self, body: Option<R>, _: Option<CancelReason>) -> Option<R> {
        self.meddle();
        drop(self.target.lock().unwrap().take());
        body
    }

    fn keeps_unclaimed<T>(&self, _: &T) -> bool {
        self.meddle();
        true
    }

    fn unclaimed<T>(&mut self, _: &TaskInfo, joined: T) -> Option<T> {
        self.meddle();
        Some(joined)
    }

    fn keeps_body(&self) -> bool {
        self.meddle();
        self.cancels
    }

    fn can_finish(&self, _: bool, _: Option<&CancelReason>) -> bool {
        self.meddle();
        true
    }
}

/// The number of times at which it meddles decides where it does so last.
const TIMES: [usize; 6] = [1, 2, 3, 5, 8, 13];

async fn that_spawns_cancels_awaits_and_nests(runtime: AnyRuntime) {
    for times in TIMES {
        let (live, target) = (Live::new(), Target::default());
        let policy = Meddles::new(&target, false, times, &live);
        let out = with_policy(policy).runtime(runtime.clone()).run(async |s: Meddled| {
            let left = s.spawn(live.within(yields(2).map(|()| 1)));
            *target.lock().unwrap() = Some((s.clone(), left));
            let there = s.spawn_parallel(live.within(yields(2).map(|()| 2)));
            s.spawn(live.within(yields(2).map(|()| 4))).await + there.await
        });
        assert_eq!(out.await, Some(6), "{times}");
        live.all_dropped(live.made()).await;
    }
}

async fn that_cancels_the_scope_too(runtime: AnyRuntime) {
    for times in TIMES {
        let (live, target) = (Live::new(), Target::default());
        let policy = Meddles::new(&target, true, times, &live);
        let out = with_policy(policy).runtime(runtime.clone()).run(async |s: Meddled| {
            let left = s.spawn(live.within(yields(2).map(|()| 1)));
            *target.lock().unwrap() = Some((s.clone(), left));
            s.spawn_parallel(live.within(pending::<()>()));
            s.spawn(live.within(yields(2))).await;
            pending::<u32>().await
        });
        assert_eq!(out.await, None, "{times}");
        live.all_dropped(live.made()).await;
    }
}

fn whose_scope_is_dropped(runtime: AnyRuntime) {
    for times in TIMES {
        let (live, target) = (Live::new(), Target::default());
        let policy = Meddles::new(&target, times % 2 == 0, times, &live);
        let mut run = by_hand(with_policy(policy).runtime(runtime.clone()).run(async |s: Meddled| {
            let left = s.spawn(live.within(pending::<u32>()));
            *target.lock().unwrap() = Some((s.clone(), left));
            for _ in 0..3 {
                s.spawn(live.within(pending::<()>()));
                s.spawn_parallel(live.within(pending::<()>()));
            }
            s.defer(live.within(pending::<()>()));
            pending::<()>().await;
        }));
        assert!(run.poll_until_idle().is_pending());
        drop(run);
        drop(target.lock().unwrap().take());
        live.wait_dropped(live.made());
    }
}

fn of_an_open_scope(runtime: AnyRuntime) {
    for times in TIMES {
        let (live, target) = (Live::new(), Target::default());
        let policy = Meddles::new(&target, times % 2 == 0, times, &live);
        let (service, driver) = with_policy(policy).runtime(runtime.clone()).open();
        let left = service.spawn(live.within(yields(1).map(|()| 1)));
        *target.lock().unwrap() = Some((service.clone(), left));
        let mut driver = by_hand(driver);
        let _ = driver.poll_until_idle();
        drop(driver);
        assert!(service.is_empty() && service.is_cancelled() || service.try_spawn(ready(())).is_err());
        drop((service, target.lock().unwrap().take()));
        live.wait_dropped(live.made());
    }
}

faults! {
    run {
        that_spawns_cancels_awaits_and_nests,
        that_cancels_the_scope_too,
    }
    by_hand {
        whose_scope_is_dropped,
        of_an_open_scope,
    }
}
