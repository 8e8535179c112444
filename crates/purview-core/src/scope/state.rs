use std::{
    borrow::Cow,
    sync::{Arc, PoisonError},
    task::{Context, Poll},
    time::{Duration, Instant},
};

use super::{
    limit::{Freed, Limiter},
    shutdown::Shutdown,
    signal::{Signal, lane, part},
    stay::Stays,
};
use crate::{
    cancel::{
        CancelReason, CancelToken,
        waiters::{Waiters, wake_all},
    },
    census,
    context::{self, Frame, Naming, TaskInfo},
    deadline::Bound,
    error::{FirstPanic, no_second_panic},
    runtime::{Embedded, Runtime, RuntimeChoice},
    stack::with_room,
    sync::{
        Mutex, MutexGuard, OnceLock,
        atomic::{AtomicBool, AtomicIsize, AtomicU64, AtomicUsize, Ordering, fence},
    },
};

/// Where a scope was first polled.
pub(crate) struct Link {
    pub(crate) frame: Arc<Frame>,
    /// A shield stands between the two: neither cancellation nor deadline comes through.
    pub(crate) shielded: bool,
}

/// What a scope is given before it runs.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) name: Option<Cow<'static, str>>,
    pub(crate) bound: Bound,
    pub(crate) grace: Option<Duration>,
    pub(crate) limit: Option<std::num::NonZeroUsize>,
    pub(crate) rate: Option<super::rate::Rate>,
    pub(crate) runtime: Option<Arc<dyn Runtime>>,
    pub(crate) fallback: Option<RuntimeChoice>,
    pub(crate) cancel_on: Vec<CancelToken>,
}

/// Everything of a scope that does not depend on the types in it: what handles, children and free functions share.
pub(crate) struct State {
    naming: OnceLock<Arc<Naming>>,
    name: Option<Cow<'static, str>>,
    /// Made when somebody wants it, or there is a scope around that may be cancelled.
    token: OnceLock<CancelToken>,
    pub(crate) signal: Signal,
    link: OnceLock<Option<Link>>,
    runtime: OnceLock<Arc<dyn Runtime>>,
    fallback: Option<RuntimeChoice>,
    pub(super) bound: Mutex<Bound>,
    grace: Mutex<Option<Duration>>,
    pub(super) limiter: Option<Limiter>,
    pub(super) rate: Option<super::rate::Rate>,
    /// Why the children are being dropped; set when the driver begins to, which is after the token has fired.
    pub(super) cut: OnceLock<CancelReason>,
    ended: AtomicBool,
    /// It has no body, and ends when nobody can spawn any more.
    open: AtomicBool,
    /// Asked on every turn, so that the lock need not be.
    pub(super) shutdown_begun: AtomicBool,
    /// It is the shutdown that fired its token.
    pub(super) soft: AtomicBool,
    pub(super) shutdown: Mutex<Option<Shutdown>>,
    /// Children that have not ended.
    pub(super) live: AtomicUsize,
    serial: AtomicU64,
    /// Tasks that were cancelled alone, for the driver to look at.
    stopped: Mutex<Vec<Arc<Frame>>>,
    /// Tasks that hold, and finalizers that wait for their turn; with them, in one step, whether there is a link.
    pub(super) holding: AtomicIsize,
    /// Who awaits a task that can never yield: woken at the end, to be told so.
    stranded: Mutex<Waiters>,
    pub(super) stays: Mutex<Stays>,
}

impl State {
    pub(crate) fn new(options: Options) -> Arc<Self> {
        let state = Arc::new(Self {
            naming: OnceLock::new(),
            name: options.name,
            token: OnceLock::new(),
            signal: Signal::default(),
            link: OnceLock::new(),
            runtime: options.runtime.map_or_else(OnceLock::new, OnceLock::from),
            fallback: options.fallback,
            bound: Mutex::new(options.bound),
            grace: Mutex::new(options.grace),
            limiter: options.limit.map(Limiter::new),
            rate: options.rate,
            cut: OnceLock::new(),
            ended: AtomicBool::new(false),
            open: AtomicBool::new(false),
            shutdown_begun: AtomicBool::new(false),
            soft: AtomicBool::new(false),
            shutdown: Mutex::default(),
            live: AtomicUsize::new(0),
            serial: AtomicU64::new(0),
            stopped: Mutex::default(),
            holding: AtomicIsize::new(0),
            stranded: Mutex::default(),
            stays: Mutex::default(),
        });
        for token in options.cancel_on {
            token.node.adopt(&state.token().node, None);
        }
        state
    }

    /// Hangs the scope into what surrounds its first poll: names, runtime, deadline and cancellation come from there.
    pub(crate) fn open(self: &Arc<Self>) {
        let link = context::link();
        if let Some(Link { frame, shielded: false }) = &link {
            frame.token().node.adopt(&self.token().node, Some(CancelReason::Parent));
        }
        self.runtime.get_or_init(|| match (&link, self.fallback) {
            (Some(link), _) => link.frame.scope.runtime().clone(),
            (None, Some(choose)) => choose(),
            (None, None) => Embedded::shared(),
        });
        if let Some(link) = &link {
            self.naming().inherit(link.frame.info.clone());
        }
        let _ = self.link.set(link);
        self.begin_grace_of_shutdown();
        census::opened(self);
        self.begin_to_hold();
        self.resolve_deadline();
    }

    /// The name it was given itself.
    pub(crate) fn given_name(&self) -> Option<&str> {
        self.name.as_deref().filter(|name| !name.is_empty())
    }

    pub(crate) fn naming(&self) -> &Arc<Naming> {
        self.naming.get_or_init(|| Arc::new(Naming::new(self.name.clone())))
    }

    pub(crate) fn token(self: &Arc<Self>) -> &CancelToken {
        let token = self.token.get().unwrap_or_else(|| {
            let token = self.token.get_or_init(|| {
                let token = CancelToken::new();
                token.node.set_owner(lane::<{ part::CANCEL }>(self));
                token
            });
            // The scope may be ending: the end finds the token, or it is seen here.
            // Seeded: neither sees the other.
            if !cfg!(purview_seeded_bug = "token-made-at-the-end") {
                fence(Ordering::SeqCst);
            }
            token
        });
        if self.is_ended() {
            // Nobody is left to be told, and the owner keeps this very state.
            token.node.forget_owner();
            token.node.cancel(CancelReason::Ended);
        }
        token
    }

    pub(crate) fn runtime(&self) -> &Arc<dyn Runtime> {
        // Only before the first poll is there none; a parallel child that early is the only one to ask.
        self.runtime
            .get_or_init(|| self.fallback.map_or_else(Embedded::shared, |choose| choose()))
    }

    /// Whether it has been polled.
    pub(super) fn is_opened(&self) -> bool {
        self.link.get().is_some()
    }

    pub(crate) fn outer(&self) -> Option<&Link> {
        self.link.get().and_then(Option::as_ref)
    }

    /// The number of the next child.
    pub(crate) fn next_number(&self) -> u64 {
        self.serial.fetch_add(1, Ordering::Relaxed) + 1
    }

    // -- cancellation --------------------------------------------------------------------------------------------

    /// Asks the whole scope to stop.
    pub(crate) fn cancel(self: &Arc<Self>, reason: CancelReason) {
        if !self.is_ended() {
            self.token().node.cancel(reason);
        }
    }

    /// What the token fired with, the ordinary end too.
    pub(crate) fn reason(&self) -> Option<&CancelReason> {
        self.token.get().and_then(|token| token.node.reason())
    }

    /// Whether somebody asked for its cancellation when it was cancelled already.
    pub(super) fn is_cancelled_again(&self) -> bool {
        self.token.get().is_some_and(|token| token.node.is_cancelled_again())
    }

    /// Why the scope was cancelled; the ordinary end is no cancellation.
    pub(crate) fn cancelled(&self) -> Option<&CancelReason> {
        self.reason().filter(|_| !self.ended_quietly())
    }

    fn ended_quietly(&self) -> bool {
        self.is_ended() && self.cut.get().is_none()
    }

    /// Everybody who does not hold is about to be dropped.
    pub(crate) fn begin_cut(&self, reason: CancelReason) {
        context::scope_cut(self.name.as_deref(), &reason);
        let _ = self.cut.set(reason);
        let mut panicked = FirstPanic::default();
        if let Some(limiter) = &self.limiter {
            panicked.run(|| wake_all(limiter.waiting_permits()));
        }
        panicked.run(|| self.end_stays());
        panicked.resume();
    }

    pub(crate) fn cut(&self) -> Option<CancelReason> {
        self.cut.get().cloned()
    }

    pub(crate) fn grace(&self) -> Option<Duration> {
        *lock(&self.grace)
    }

    pub(crate) fn set_grace(&self, grace: Duration) {
        *lock(&self.grace) = Some(grace);
    }

    /// A task was cancelled alone.
    pub(crate) fn task_stopped(&self, frame: Arc<Frame>) {
        lock(&self.stopped).push(frame);
        if self.is_ended() {
            // Nobody comes to look, and the frame keeps this very state.
            drop(self.take_stopped());
        }
        self.end_stays();
        self.signal.raise(part::STOPPED);
    }

    pub(super) fn take_stopped(&self) -> Vec<Arc<Frame>> {
        std::mem::take(&mut *lock(&self.stopped))
    }

    pub(crate) fn rate(&self) -> Option<&super::rate::Rate> {
        self.rate.as_ref()
    }

    // -- open scopes ---------------------------------------------------------------------------------------------

    pub(super) fn set_open(&self) {
        self.open.store(true, Ordering::Release);
    }

    /// Whether it has no body, and ends when nobody can spawn any more.
    pub(crate) fn is_open(&self) -> bool {
        self.open.load(Ordering::Acquire)
    }

    /// Nobody can spawn any more.
    pub(super) fn handles_gone(&self) {
        if self.is_open() {
            self.signal.raise(part::BODY);
        }
    }

    // -- limit ---------------------------------------------------------------------------------------------------

    /// Gives a place back; whoever waits longest has it next.
    pub(super) fn free_place(&self) {
        match self.limiter.as_ref().map(Limiter::give_back) {
            Some(Freed::Child) => self.signal.raise(part::QUEUE),
            Some(Freed::Permit(wait)) => {
                if let Some(waker) = wait.take_waker() {
                    no_second_panic(|| waker.wake());
                }
            }
            None | Some(Freed::Nobody) => {}
        }
    }

    // -- the end -------------------------------------------------------------------------------------------------

    pub(crate) fn is_ended(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }

    /// The scope is over: its token fires for whoever still waits, and what can never come is said.
    pub(crate) fn end(&self) {
        self.ended.store(true, Ordering::Release);
        // Whoever makes the token now sees that, or it is found below.
        fence(Ordering::SeqCst);
        self.forget_stay();
        census::closed(self);
        let stranded = lock(&self.stranded).take_all();
        let stopped = self.take_stopped();
        let mut panicked = FirstPanic::default();
        panicked.run(|| self.signal.close());
        panicked.run(|| drop(stopped));
        if let Some(token) = self.token.get() {
            token.node.forget_owner();
            panicked.run(|| {
                token.node.cancel(CancelReason::Ended);
            });
        }
        panicked.run(|| wake_all(stranded.into_values()));
        panicked.resume();
    }

    /// Waits for the end of the scope, under `key`.
    pub(crate) fn poll_ended(&self, key: &mut Option<u64>, cx: &Context<'_>) -> Poll<()> {
        if self.is_ended() {
            return Poll::Ready(());
        }
        let waker = cx.waker().clone();
        let mut stranded = lock(&self.stranded);
        // Seeded: it has looked just above.
        if self.is_ended() && !cfg!(purview_seeded_bug = "end-waited-for-too-late") {
            return Poll::Ready(());
        }
        let old = stranded.put(key, waker);
        drop(stranded);
        drop(old);
        Poll::Pending
    }

    pub(crate) fn forget_stranded(&self, key: Option<u64>) {
        if key.is_some() {
            let waker = lock(&self.stranded).remove(key);
            no_second_panic(|| drop(waker));
        }
    }

    /// The body of a scope, as a task.
    pub(crate) fn body_info(&self) -> TaskInfo {
        TaskInfo::body(self.naming())
    }
}

impl Drop for State {
    fn drop(&mut self) {
        // A handle that outlives its scope may be the last to hold a long line of scopes around.
        with_room(|| drop(self.link.take()));
    }
}

pub(super) fn earliest(a: Option<Instant>, b: Option<Instant>) -> Option<Instant> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
