//! Who is alive in the scopes of one runtime: for test runtimes, which say so when a program cannot go on.
//!
//! Scopes and tasks are counted on threads on which a [`Census`] is installed, and nowhere else. Nothing here is part of
//! the stable interface.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    fmt,
    marker::PhantomData,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicUsize, Ordering},
    },
};

use crate::{
    cancel::CancelReason,
    context::{self, Frame, TaskId, TaskInfo},
    scope::State,
};

/// Elsewhere nobody is asked to look into a thread-local.
static INSTALLED: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static CENSUS: RefCell<Option<Census>> = const { RefCell::new(None) };
}

/// A list of the scopes and tasks that were polled where it was installed.
#[derive(Clone, Default)]
pub struct Census(Arc<Mutex<Lists>>);

#[derive(Default)]
struct Lists {
    scopes: Vec<Weak<State>>,
    tasks: BTreeMap<TaskId, Entry>,
    /// At which size those who are gone are looked for next.
    full: usize,
}

struct Entry {
    frame: Weak<Frame>,
    polls: u64,
    /// What it was found to wait for when it was polled last.
    waits: Vec<Wait>,
}

/// What a task waits for, as far as that can be seen from here.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Wait {
    /// The end of another task.
    Task(TaskInfo),
    /// That a child says it is ready.
    Ready(TaskInfo),
    /// Its cancellation, or that of a token.
    Cancellation,
    /// A place under the limit of a scope.
    Permit,
}

/// A scope that has not ended.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct LiveScope {
    /// The name that it was given.
    pub name: Option<String>,
    /// Why it was cancelled.
    pub cancelled: Option<CancelReason>,
    /// Whether it is an open one that has nobody in it, and waits to be closed.
    pub open: bool,
    /// Those in it that have not ended, in the order in which they were spawned.
    pub tasks: Vec<LiveTask>,
}

/// A task that has not ended.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct LiveTask {
    /// Who it is.
    pub info: TaskInfo,
    /// Whether it is the body of its scope.
    pub body: bool,
    /// How often it was polled.
    pub polls: u64,
    /// What it was found to wait for; empty where that is nothing of Purview's.
    pub waits: Vec<Wait>,
    /// Why it was cancelled; it holds then.
    pub cancelled: Option<CancelReason>,
    /// The scopes that it runs.
    pub scopes: Vec<LiveScope>,
}

impl Census {
    /// Has scopes and tasks counted that are polled on this thread, until the guard is dropped.
    #[must_use]
    pub fn install(&self) -> Installed {
        INSTALLED.fetch_add(1, Ordering::Relaxed);
        Installed {
            outer: CENSUS.with(|census| census.replace(Some(self.clone()))),
            here: PhantomData,
        }
    }

    /// The scopes that have not ended, outermost first, with what is in them.
    pub fn scopes(&self) -> Vec<LiveScope> {
        let (states, tasks) = {
            let lists = self.lock();
            let states: Vec<Arc<State>> = lists.scopes.iter().filter_map(Weak::upgrade).collect();
            let tasks = lists.tasks.values().filter_map(Seen::of).collect();
            (states, tasks)
        };
        let states = states.into_iter().filter(|state| !state.is_ended()).collect();
        Tree { states, tasks }.below(None)
    }

    fn lock(&self) -> MutexGuard<'_, Lists> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Census {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Census").finish_non_exhaustive()
    }
}

/// Puts back what was installed before when dropped.
#[derive(Debug)]
pub struct Installed {
    outer: Option<Census>,
    /// It belongs to this thread.
    here: PhantomData<*const ()>,
}

impl Drop for Installed {
    fn drop(&mut self) {
        INSTALLED.fetch_sub(1, Ordering::Relaxed);
        let outer = self.outer.take();
        let left = CENSUS.try_with(|census| census.replace(outer));
        drop(left);
    }
}

struct Seen {
    frame: Arc<Frame>,
    polls: u64,
    waits: Vec<Wait>,
}

impl Seen {
    /// The last handle of a frame is not dropped here, under the lock: whoever is alive is handed on.
    fn of(entry: &Entry) -> Option<Self> {
        Some(Self {
            frame: entry.frame.upgrade()?,
            polls: entry.polls,
            waits: entry.waits.clone(),
        })
    }
}

struct Tree {
    states: Vec<Arc<State>>,
    tasks: Vec<Seen>,
}

impl Tree {
    /// The scopes that hang in this task; those of nobody's for `None`.
    fn below(&self, task: Option<TaskId>) -> Vec<LiveScope> {
        let owner = |state: &State| state.outer().map(|link| link.frame.info.id());
        let hanging = self.states.iter().filter(|state| owner(state) == task);
        hanging.filter_map(|state| self.scope(state)).collect()
    }

    fn scope(&self, state: &Arc<State>) -> Option<LiveScope> {
        let inside = |task: &&Seen| Arc::ptr_eq(&task.frame.scope, state) && !task.frame.is_ended();
        let tasks: Vec<LiveTask> = self.tasks.iter().filter(inside).map(|task| self.task(task)).collect();
        let open = tasks.is_empty() && state.is_open();
        // A timeout is one too, in which nobody is but the task around it.
        (open || !tasks.is_empty()).then(|| LiveScope {
            name: state.given_name().map(str::to_owned),
            cancelled: state.cancelled().cloned(),
            open,
            tasks,
        })
    }

    fn task(&self, task: &Seen) -> LiveTask {
        let Seen { frame, polls, waits } = task;
        LiveTask {
            info: frame.info.clone(),
            body: frame.info.is_body(),
            polls: *polls,
            waits: waits.clone(),
            cancelled: frame.stopped(),
            scopes: self.below(Some(frame.info.id())),
        }
    }
}

fn with(act: impl FnOnce(&mut Lists)) {
    if INSTALLED.load(Ordering::Relaxed) > 0 {
        // A thread that is being taken down has no census any more.
        let census = CENSUS.try_with(|census| census.borrow().clone()).ok().flatten();
        if let Some(census) = census {
            act(&mut census.lock());
        }
    }
}

/// A scope is polled for the first time.
pub(crate) fn opened(state: &Arc<State>) {
    with(|lists| {
        lists.make_room();
        lists.scopes.push(Arc::downgrade(state));
    });
}

/// A task waits for its first poll.
pub(crate) fn queued(frame: &Arc<Frame>) {
    with(|lists| {
        lists.entry(frame);
    });
}

/// A task is about to be polled.
pub(crate) fn polled(frame: &Arc<Frame>) {
    with(|lists| {
        let entry = lists.entry(frame);
        // The frame of a timeout goes by the name of the task around it.
        if std::ptr::eq(entry.frame.as_ptr(), Arc::as_ptr(frame)) {
            entry.polls += 1;
            entry.waits.clear();
        }
    });
}

/// A future of a gather is about to be polled; only here does it need a frame for that.
pub(crate) fn member_polled() {
    if INSTALLED.load(Ordering::Relaxed) > 0 {
        let frame = context::frame();
        frame.iter().for_each(polled);
    }
}

/// The task that is being polled was found to wait.
pub(crate) fn waits(wait: impl FnOnce() -> Wait) {
    if INSTALLED.load(Ordering::Relaxed) > 0 {
        let (frame, wait) = (context::frame(), wait());
        with(|lists| {
            let entry = frame.as_ref().and_then(|frame| lists.tasks.get_mut(&frame.info.id()));
            if let Some(entry) = entry.filter(|entry| !entry.waits.iter().any(|known| known.is(&wait))) {
                entry.waits.push(wait);
            }
        });
    }
}

impl Lists {
    fn entry(&mut self, frame: &Arc<Frame>) -> &mut Entry {
        let id = frame.info.id();
        if !self.tasks.contains_key(&id) {
            self.make_room();
        }
        self.tasks.entry(id).or_insert_with(|| Entry {
            frame: Arc::downgrade(frame),
            polls: 0,
            waits: Vec::new(),
        })
    }

    /// Now and then forgets those who are gone.
    fn make_room(&mut self) {
        if self.tasks.len() + self.scopes.len() >= self.full {
            self.tasks.retain(|_, task| task.frame.strong_count() > 0);
            self.scopes.retain(|scope| scope.strong_count() > 0);
            self.full = 64 + 2 * (self.tasks.len() + self.scopes.len());
        }
    }
}

impl Wait {
    fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Task(task), Self::Task(other)) | (Self::Ready(task), Self::Ready(other)) => task.id() == other.id(),
            (Self::Cancellation, Self::Cancellation) | (Self::Permit, Self::Permit) => true,
            _ => false,
        }
    }
}
