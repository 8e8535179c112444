use std::{
    borrow::Cow,
    sync::{Arc, PoisonError},
    time::{Duration, Instant},
};

use super::{
    limit::Limiter,
    shutdown::Shutdown,
    signal::{Signal, lane, part},
    stay::Stays,
};
use crate::{
    cancel::{CancelReason, CancelToken, waiters::Waiters},
    census,
    context::{self, Frame, Naming, TaskInfo},
    deadline::Bound,
    runtime::{Runtime, RuntimeChoice, outside_scopes},
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
    pub(super) name: Option<Cow<'static, str>>,
    /// Made when somebody wants it, or there is a scope around that may be cancelled.
    pub(super) token: OnceLock<CancelToken>,
    pub(crate) signal: Signal,
    link: OnceLock<Option<Link>>,
    runtime: OnceLock<Arc<dyn Runtime>>,
    fallback: Option<RuntimeChoice>,
    pub(super) bound: Mutex<Bound>,
    pub(super) grace: Mutex<Option<Duration>>,
    pub(super) limiter: Option<Limiter>,
    pub(super) rate: Option<super::rate::Rate>,
    /// Why the children are being dropped; set when the driver begins to, which is after the token has fired.
    pub(super) cut: OnceLock<CancelReason>,
    pub(super) ended: AtomicBool,
    /// It has no body, and ends when nobody can spawn any more.
    open: AtomicBool,
    /// Asked on every turn, so that the lock need not be.
    pub(super) shutdown_begun: AtomicBool,
    /// It is the shutdown that fired its token.
    pub(super) soft: AtomicBool,
    pub(super) shutdown: Mutex<Shutdown>,
    /// Children that have not ended.
    pub(super) live: AtomicUsize,
    serial: AtomicU64,
    /// Tasks that were cancelled alone, for the driver to look at.
    pub(super) stopped: Mutex<Vec<Arc<Frame>>>,
    /// Tasks that hold, and finalizers that wait for their turn; with them, in one step, whether there is a link.
    pub(super) holding: AtomicIsize,
    /// Who awaits a task that can never yield: woken at the end, to be told so.
    pub(super) stranded: Mutex<Waiters>,
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
        self.runtime.get_or_init(|| match &link {
            Some(link) => link.frame.scope.runtime().clone(),
            None => outside_scopes(self.fallback),
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
        self.runtime.get_or_init(|| outside_scopes(self.fallback))
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

    pub(crate) fn rate(&self) -> Option<&super::rate::Rate> {
        self.rate.as_ref()
    }

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
