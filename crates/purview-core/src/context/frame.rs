use std::{
    sync::{Arc, PoisonError},
    task::Waker,
};

use super::{self as context, Binding, Place, Surroundings, TaskInfo, span::TaskSpan};
use crate::{
    cancel::{CancelReason, CancelToken},
    census,
    error::FirstPanic,
    scope::State,
    stack::with_room,
    sync::{
        Mutex, MutexGuard, OnceLock,
        atomic::{AtomicBool, AtomicIsize, Ordering, fence},
    },
};

/// What a scope expects of a task of its.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Awaited by its scope.
    Ordinary,
    /// Cancelled when the last ordinary child has ended.
    Daemon,
    /// Runs when all others are gone, and out of sight of the scope's cancellation.
    Finalizer,
}

/// What is known of one task without knowing its types: who it is, which scope it is in, and whether it holds.
pub(crate) struct Frame {
    pub(crate) info: TaskInfo,
    pub(crate) scope: Arc<State>,
    pub(crate) role: Role,
    /// What was bound where it was spawned; for a body, where it is first polled.
    bindings: OnceLock<Option<Arc<Binding>>>,
    /// How many shields, waits and nested scopes keep it from being dropped at once.
    holds: AtomicIsize,
    /// How many of these wait for the scope's own token, which does not fire for a task that is cancelled alone.
    scope_waits: AtomicIsize,
    /// Why this task alone is to stop.
    stop: OnceLock<CancelReason>,
    /// Made for those who wait on it, or nest a scope.
    token: OnceLock<CancelToken>,
    place: Mutex<Option<Waker>>,
    span: TaskSpan,
    polling: AtomicBool,
    ended: AtomicBool,
    /// Its scope is cut, and it is the body that is to see its tasks resolve.
    spared: AtomicBool,
    /// Its grace is over: it holds no more, whatever it is in.
    out_of_grace: AtomicBool,
    /// It has one of the places that its scope's limit gives.
    admitted: AtomicBool,
}

impl Frame {
    pub(crate) fn new(info: TaskInfo, scope: Arc<State>, bindings: Option<Arc<Binding>>, role: Role) -> Arc<Self> {
        let frame = Self::unbound(info, scope, role);
        frame.bind(bindings);
        frame
    }

    /// A task that is yet to be bound.
    pub(crate) fn unbound(info: TaskInfo, scope: Arc<State>, role: Role) -> Arc<Self> {
        Arc::new(Self {
            info,
            scope,
            role,
            bindings: OnceLock::new(),
            holds: AtomicIsize::new(0),
            scope_waits: AtomicIsize::new(0),
            stop: OnceLock::new(),
            token: OnceLock::new(),
            place: Mutex::default(),
            span: TaskSpan::default(),
            polling: AtomicBool::new(false),
            ended: AtomicBool::new(false),
            spared: AtomicBool::new(false),
            out_of_grace: AtomicBool::new(false),
            admitted: AtomicBool::new(false),
        })
    }

    pub(crate) fn bind(&self, bindings: Option<Arc<Binding>>) {
        let _ = self.bindings.set(bindings);
    }

    /// What surrounds this task's code.
    pub(crate) fn surroundings(self: &Arc<Self>) -> Surroundings {
        Surroundings {
            place: Place::Task(self.clone()),
            shielded: self.role == Role::Finalizer,
            bindings: self.bindings.get().cloned().flatten(),
            may_block: false,
        }
    }

    // -- stopping ------------------------------------------------------------------------------------------------

    /// Asks this task alone to stop; gives whether it had not been asked before.
    pub(crate) fn cancel(self: &Arc<Self>, reason: CancelReason) -> bool {
        if self.is_ended() || self.stop.set(reason.clone()).is_err() {
            return false;
        }
        // Whoever makes the token now sees that, or it is found here.
        fence(Ordering::SeqCst);
        let mut panicked = FirstPanic::default();
        if let Some(token) = self.token.get() {
            panicked.run(|| {
                token.node.cancel(reason);
            });
        }
        panicked.run(|| self.wake());
        // It may wait in a queue, and its grace begins: that is the driver's to see to.
        panicked.run(|| self.scope.task_stopped(self.clone()));
        panicked.resume_unless_unwinding();
        true
    }

    /// Why this task is to stop: alone, or with its scope. A finalizer is stopped by nobody but the end of the grace.
    pub(crate) fn stopped(&self) -> Option<CancelReason> {
        if self.role == Role::Finalizer {
            return None;
        }
        self.stop
            .get()
            .cloned()
            .or_else(|| self.scope.cut().filter(|_| !self.is_spared()))
    }

    pub(crate) fn spare(&self, spared: bool) {
        self.spared.store(spared, Ordering::Release);
    }

    pub(crate) fn is_spared(&self) -> bool {
        self.spared.load(Ordering::Acquire)
    }

    /// Whether this task was cancelled, and its scope was not.
    pub(crate) fn stopped_alone(&self) -> Option<&CancelReason> {
        self.stop.get()
    }

    /// What this task hears of its cancellation: its scope's, or its own.
    pub(crate) fn token(&self) -> CancelToken {
        let token = self.token.get().unwrap_or_else(|| {
            let token = self.token.get_or_init(|| self.scope.token().child());
            // The task may be being cancelled: who does it finds the token, or it is seen here.
            // Seeded: neither sees the other.
            if !cfg!(purview_seeded_bug = "token-made-at-the-cancellation") {
                fence(Ordering::SeqCst);
            }
            token
        });
        if let Some(reason) = self.stop.get() {
            token.node.cancel(reason.clone());
        }
        token.clone()
    }

    /// Whether waiting on this token is waiting for this task's own cancellation.
    pub(crate) fn hears(&self, token: &CancelToken) -> bool {
        self.token.get().is_some_and(|own| own.is(token))
    }

    // -- holding -------------------------------------------------------------------------------------------------

    pub(crate) fn hold(&self, on_scope: bool) {
        if on_scope {
            self.scope_waits.fetch_add(1, Ordering::AcqRel);
        }
        if self.holds.fetch_add(1, Ordering::AcqRel) == 0 {
            with_room(|| self.scope.hold());
        }
    }

    pub(crate) fn let_go(&self, on_scope: bool) {
        if on_scope {
            self.scope_waits.fetch_sub(1, Ordering::AcqRel);
        }
        if self.holds.fetch_sub(1, Ordering::AcqRel) == 1 {
            with_room(|| self.scope.let_go());
            // Within its own poll the task is looked at afterwards; else somebody has to come and look. One of the two
            // sees what the other has done, as there is a fence in `holds` too.
            // Seeded: neither sees the other.
            if !cfg!(purview_seeded_bug = "hold-let-go-unseen") {
                fence(Ordering::SeqCst);
            }
            if !self.polling.load(Ordering::Acquire) && self.stopped().is_some() {
                self.wake();
            }
        }
    }

    /// Asked of tasks that are to stop, after they were polled: see [`let_go`](Self::let_go).
    pub(crate) fn holds(&self) -> bool {
        fence(Ordering::SeqCst);
        !self.out_of_grace.load(Ordering::Acquire)
            && (self.role == Role::Finalizer || self.holds.load(Ordering::Acquire) > self.idle_waits())
    }

    /// How many of its holds wait for what will not come.
    fn idle_waits(&self) -> isize {
        if self.stop.get().is_some() && self.scope.reason().is_none() {
            self.scope_waits.load(Ordering::Acquire)
        } else {
            0
        }
    }

    /// Whatever holds it does so no longer.
    pub(crate) fn end_grace(&self) {
        self.out_of_grace.store(true, Ordering::Release);
        self.wake();
    }

    // -- the scope's limit ---------------------------------------------------------------------------------------

    pub(crate) fn admit(&self) {
        self.admitted.store(true, Ordering::Release);
    }

    pub(crate) fn is_admitted(&self) -> bool {
        self.admitted.load(Ordering::Acquire)
    }

    // -- being polled --------------------------------------------------------------------------------------------

    /// Runs a closure of this task's on a thread that may block.
    pub(crate) fn run_blocking<T>(self: &Arc<Self>, f: impl FnOnce() -> T) -> T {
        let _entered = context::enter(Surroundings {
            may_block: true,
            ..self.surroundings()
        });
        self.span.run(&self.info, f)
    }

    /// Runs code of this task's, which finds itself in it.
    pub(crate) fn run<T>(self: &Arc<Self>, f: impl FnOnce() -> T) -> T {
        census::polled(self);
        let _polling = Polling::begin(self);
        let _entered = context::enter(self.surroundings());
        with_room(|| self.span.run(&self.info, f))
    }

    pub(crate) fn is_being_polled(&self) -> bool {
        self.polling.load(Ordering::Acquire)
    }

    /// Remembers how to have this task polled.
    pub(crate) fn set_place(&self, waker: &Waker) {
        let mut place = self.lock_place();
        if place.as_ref().is_some_and(|place| place.will_wake(waker)) {
            return;
        }
        // Ours: a waker of the set's or of the body's lane, never the user's.
        *place = Some(waker.clone());
    }

    /// Has this task polled, if it has been polled before.
    pub(crate) fn wake(&self) {
        let place = self.lock_place().clone();
        if let Some(waker) = place {
            waker.wake();
        }
    }

    pub(crate) fn is_ended(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }

    pub(crate) fn end(&self) {
        self.ended.store(true, Ordering::Release);
        census::ended(self);
        // A hold that was forgotten, or carried out of it, holds nobody any more.
        if self.holds.swap(0, Ordering::AcqRel) > 0 {
            with_room(|| self.scope.let_go());
        }
        self.span.ended();
        let place = self.lock_place().take();
        drop(place);
    }

    fn lock_place(&self) -> MutexGuard<'_, Option<Waker>> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// While it lives, whoever lets go of the task leaves it to the one who polls to look.
struct Polling<'a>(&'a Frame);

impl<'a> Polling<'a> {
    fn begin(frame: &'a Frame) -> Self {
        frame.polling.store(true, Ordering::Release);
        Self(frame)
    }
}

impl Drop for Polling<'_> {
    fn drop(&mut self) {
        self.0.polling.store(false, Ordering::Release);
    }
}
