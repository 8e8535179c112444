//! Runtimes that break one promise each.

use std::{
    future::{pending, ready},
    mem::forget,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
    thread::{self, ThreadId},
    time::{Duration, Instant},
};

use purview_core::{BoxFuture, SpawnError, Spawner, Timer};
use purview_test::VirtualRuntime;

/// What is wrong with a runtime that is fine otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Defect {
    Nothing,
    TimersAreEarly,
    ThePastTakesATurn,
    EveryOtherTimerIsAnHourLate,
    FarInstantsAreReady,
    TimersKeepTheFirstWaker,
    TimersKeepAllWakers,
    OtherThreadsPanicOnTimers,
    OtherThreadsPanicOnSpawn,
    OtherThreadsPanicOnClosures,
    EveryTenthTimerIsLost,
    TheClockGoesBack,
    EveryTenthFutureIsLost,
    FuturesAreLost,
    WaitingFuturesAreDropped,
    FuturesSpawnedInsideAreLost,
    OtherThreadsWakeNobody,
    FuturesAreBusyPolled,
    PanicsEndTheExecutor,
    SpawnPollsTheFuture,
    PanickedFuturesArePolledAgain,
    EndedFuturesAreKept,
    WakersOfEndedFuturesPanic,
    RefusedFuturesAreKept,
    RefusedClosuresAreKept,
    RefusedFuturesAreRun,
    RefusedClosuresAreRun,
    ClosuresAreLost,
    ClosuresAreKept,
    ClosuresRunInTheCaller,
    PanicsEndThePool,
}

pub(crate) struct Broken {
    pub(crate) inner: VirtualRuntime,
    defect: Defect,
    home: ThreadId,
    calls: AtomicUsize,
    hoard: Arc<Mutex<Vec<Waker>>>,
    flag: Arc<AtomicBool>,
}

impl Broken {
    pub(crate) fn new(defect: Defect) -> Self {
        Self {
            inner: VirtualRuntime::new()
                .patience(Duration::from_millis(200))
                .max_steps(20_000),
            defect,
            home: thread::current().id(),
            calls: AtomicUsize::new(0),
            hoard: Arc::default(),
            flag: Arc::default(),
        }
    }

    fn every(&self, nth: usize) -> bool {
        self.calls.fetch_add(1, Ordering::SeqCst) % nth == nth - 1
    }

    fn refuse_other_threads(&self, defect: Defect) {
        if self.defect == defect {
            assert_eq!(thread::current().id(), self.home, "no context");
        }
    }
}

impl Timer for Broken {
    fn now(&self) -> Instant {
        let now = self.inner.now();
        if self.defect == Defect::TheClockGoesBack && self.every(2) {
            return now.checked_sub(Duration::from_nanos(1)).unwrap();
        }
        now
    }

    fn sleep_until(&self, at: Instant) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        self.refuse_other_threads(Defect::OtherThreadsPanicOnTimers);
        let left = at.saturating_duration_since(self.inner.now());
        let moment = Duration::from_nanos(1);
        match self.defect {
            Defect::TimersAreEarly if left > moment => self.inner.sleep_until(self.inner.now() + left / 2),
            Defect::ThePastTakesATurn => self.inner.sleep_until(at.max(self.inner.now() + moment)),
            Defect::EveryOtherTimerIsAnHourLate if !self.every(2) => {
                self.inner.sleep_until(at + Duration::from_secs(3600))
            }
            Defect::FarInstantsAreReady if left.as_secs() > 1 << 30 => Box::pin(ready(())),
            Defect::EveryTenthTimerIsLost if self.every(10) => Box::pin(pending()),
            Defect::TimersKeepTheFirstWaker | Defect::TimersKeepAllWakers => {
                let sleep = self.inner.sleep_until(at);
                let hoard = (self.defect == Defect::TimersKeepAllWakers).then(|| Arc::clone(&self.hoard));
                Box::pin(Keeps {
                    sleep,
                    first: None,
                    hoard,
                })
            }
            _ => self.inner.sleep_until(at),
        }
    }
}

/// A timer that is polled with its first waker always, or leaves its wakers behind.
struct Keeps {
    sleep: Pin<Box<dyn Future<Output = ()> + Send>>,
    first: Option<Waker>,
    hoard: Option<Arc<Mutex<Vec<Waker>>>>,
}

impl Future for Keeps {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if let Some(hoard) = &self.hoard {
            hoard.lock().unwrap().push(cx.waker().clone());
            return self.sleep.as_mut().poll(cx);
        }
        let first = self.first.get_or_insert_with(|| cx.waker().clone()).clone();
        self.sleep.as_mut().poll(&mut Context::from_waker(&first))
    }
}

impl Spawner for Broken {
    fn spawn(&self, mut fut: BoxFuture) -> Result<(), SpawnError> {
        self.refuse_other_threads(Defect::OtherThreadsPanicOnSpawn);
        match self.defect {
            Defect::FuturesAreLost => return Ok(()),
            Defect::FuturesSpawnedInsideAreLost if self.flag.load(Ordering::SeqCst) => {
                return Ok(());
            }
            Defect::EveryTenthFutureIsLost if self.every(10) => return Ok(()),
            Defect::SpawnPollsTheFuture if poll_once(&mut fut).is_ready() => return Ok(()),
            Defect::RefusedFuturesAreRun => {
                assert!(poll_once(&mut fut).is_ready());
                return Err(SpawnError::new("no room"));
            }
            Defect::RefusedFuturesAreKept => {
                forget(fut);
                return Err(SpawnError::new("no room"));
            }
            _ => {}
        }
        let flag = Arc::clone(&self.flag);
        let task = BrokenTask {
            future: Some(fut),
            defect: self.defect,
            flag,
        };
        Spawner::spawn(&self.inner, Box::pin(task))
    }

    fn spawn_blocking(&self, f: Box<dyn FnOnce() + Send>) -> Result<(), SpawnError> {
        self.refuse_other_threads(Defect::OtherThreadsPanicOnClosures);
        match self.defect {
            Defect::ClosuresAreLost => return Ok(()),
            Defect::ClosuresAreKept => {
                forget(f);
                return Ok(());
            }
            Defect::RefusedClosuresAreRun => {
                thread::spawn(f).join().unwrap();
                return Err(SpawnError::new("no room"));
            }
            Defect::RefusedClosuresAreKept => {
                forget(f);
                return Err(SpawnError::new("no room"));
            }
            Defect::ClosuresRunInTheCaller => {
                f();
                return Ok(());
            }
            _ => {}
        }
        let (defect, flag) = (self.defect, Arc::clone(&self.flag));
        self.inner.spawn_blocking(Box::new(move || {
            if defect == Defect::PanicsEndThePool && flag.load(Ordering::SeqCst) {
                return;
            }
            if let Err(payload) = catch_unwind(AssertUnwindSafe(f)) {
                flag.store(true, Ordering::SeqCst);
                resume_unwind(payload);
            }
        }))
    }
}

fn poll_once(fut: &mut BoxFuture) -> Poll<()> {
    fut.as_mut().poll(&mut Context::from_waker(Waker::noop()))
}

struct BrokenTask {
    future: Option<BoxFuture>,
    defect: Defect,
    flag: Arc<AtomicBool>,
}

impl Future for BrokenTask {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let (defect, flag) = (self.defect, Arc::clone(&self.flag));
        if defect == Defect::PanicsEndTheExecutor && flag.load(Ordering::SeqCst) {
            return Poll::Ready(());
        }
        let ended = Arc::new(AtomicBool::new(false));
        let waker = Waker::from(Arc::new(BrokenWaker {
            inner: cx.waker().clone(),
            home: thread::current().id(),
            defect,
            ended: Arc::clone(&ended),
        }));
        let Some(future) = &mut self.future else {
            return Poll::Ready(());
        };
        let inside = defect == Defect::FuturesSpawnedInsideAreLost;
        flag.fetch_or(inside, Ordering::SeqCst);
        let turns = if defect == Defect::FuturesAreBusyPolled {
            1000
        } else {
            1
        };
        let mut polls = (0..turns).map(|_| {
            catch_unwind(AssertUnwindSafe(|| {
                future.as_mut().poll(&mut Context::from_waker(&waker))
            }))
        });
        let poll = polls
            .find(|poll| !matches!(poll, Ok(Poll::Pending)))
            .unwrap_or(Ok(Poll::Pending));
        flag.fetch_and(!inside, Ordering::SeqCst);
        match (defect, poll) {
            (Defect::PanickedFuturesArePolledAgain, Err(_)) => {
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            (_, Err(payload)) => {
                flag.store(true, Ordering::SeqCst);
                resume_unwind(payload)
            }
            (Defect::WaitingFuturesAreDropped | Defect::FuturesAreBusyPolled, Ok(_)) => {
                self.future = None;
                Poll::Ready(())
            }
            (_, Ok(Poll::Pending)) => Poll::Pending,
            (_, Ok(Poll::Ready(()))) => {
                ended.store(true, Ordering::SeqCst);
                if defect == Defect::EndedFuturesAreKept {
                    forget(self.future.take());
                }
                Poll::Ready(())
            }
        }
    }
}

struct BrokenWaker {
    inner: Waker,
    home: ThreadId,
    defect: Defect,
    ended: Arc<AtomicBool>,
}

impl Wake for BrokenWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        match self.defect {
            Defect::OtherThreadsWakeNobody if thread::current().id() != self.home => {}
            Defect::WakersOfEndedFuturesPanic => assert!(!self.ended.load(Ordering::SeqCst)),
            _ => self.inner.wake_by_ref(),
        }
    }
}
