//! What is alive in the scopes of one runtime, how much one poll of a scope does there, and that it is this runtime: for
//! test runtimes, which say the first when a program is stuck, vary the second, and serve what they poll.
//!
//! Scopes and tasks are counted on threads on which a [`Census`] is installed, and nowhere else. Nothing here is part of
//! the stable interface.

mod live;
mod tree;

use std::{
    cell::RefCell,
    collections::BTreeMap,
    fmt,
    marker::PhantomData,
    num::NonZeroU32,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicUsize, Ordering},
    },
};

pub use self::live::{LiveScope, LiveTask, Wait};
use self::tree::{Seen, Tree};
use crate::{
    context::{self, Env},
    runtime::{InstalledRuntime, Runtime, install},
    tree::{ScopeNode, TaskId, TaskNode},
};

/// Where it is 0 no thread-local is looked at.
static INSTALLED: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static INSTALLATION: RefCell<Option<Installation>> = const { RefCell::new(None) };
}

struct Installation {
    census: Census,
}

/// A list of the scopes and tasks that were polled where it was installed.
#[derive(Clone, Default)]
pub struct Census {
    lists: Arc<Mutex<Lists>>,
    steps: Option<NonZeroU32>,
}

#[derive(Default)]
struct Lists {
    /// By where they are in memory, with their place in the order in which they were first polled.
    scopes: BTreeMap<usize, (u64, Weak<ScopeNode>)>,
    opened: u64,
    tasks: BTreeMap<TaskId, Entry>,
    /// At which size entries of what was dropped are looked for next.
    full: usize,
}

struct Entry {
    task: Weak<TaskNode>,
    polls: u64,
    /// It runs on a thread that may block, and is not polled there.
    closure: bool,
    /// What it was found to wait for when it was polled last.
    waits: Vec<Wait>,
}

impl Entry {
    /// The inside of a timeout goes by the name of the task around it.
    fn is_of(&self, task: &TaskNode) -> bool {
        std::ptr::eq(self.task.as_ptr(), task)
    }

    /// The last handle of a task is not dropped here, under the lock: it is handed on.
    fn seen(&self) -> Option<Seen> {
        Some(Seen {
            task: self.task.upgrade()?,
            polls: self.polls,
            closure: self.closure,
            waits: self.waits.clone(),
        })
    }
}

impl Census {
    /// Has a scope that is polled where this is installed yield after so many steps, instead of 128.
    #[must_use]
    pub fn with_steps(self, steps: Option<NonZeroU32>) -> Self {
        Self { steps, ..self }
    }

    /// Has scopes and tasks counted that are polled on this thread, until the guard is dropped. Those that name no
    /// runtime use this one.
    #[must_use]
    pub fn install(&self, runtime: Arc<dyn Runtime>) -> Installed {
        let installation = Installation { census: self.clone() };
        INSTALLED.fetch_add(1, Ordering::Relaxed);
        Installed {
            outer: INSTALLATION.with(|here| here.replace(Some(installation))),
            runtime: install(runtime),
            here: PhantomData,
        }
    }

    /// The scopes that have not ended, outermost first, with what is in them.
    pub fn scopes(&self) -> Vec<LiveScope> {
        let (states, tasks) = {
            let lists = self.lock();
            let mut states: Vec<_> = lists.scopes.values().collect();
            states.sort_by_key(|(place, _)| *place);
            let states: Vec<_> = states.into_iter().filter_map(|(_, state)| state.upgrade()).collect();
            let tasks = lists.tasks.values().filter_map(Entry::seen).collect();
            (states, tasks)
        };
        let states = states.into_iter().filter(|state| !state.is_ended()).collect();
        Tree { states, tasks }.roots()
    }

    fn lock(&self) -> MutexGuard<'_, Lists> {
        self.lists.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Census {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Census").finish_non_exhaustive()
    }
}

/// Puts back what was installed before when dropped.
pub struct Installed {
    outer: Option<Installation>,
    #[expect(dead_code, reason = "dropped to put back what was installed before")]
    runtime: InstalledRuntime,
    /// It belongs to this thread.
    here: PhantomData<*const ()>,
}

impl Drop for Installed {
    fn drop(&mut self) {
        INSTALLED.fetch_sub(1, Ordering::Relaxed);
        let outer = self.outer.take();
        let left = INSTALLATION.try_with(|here| here.replace(outer));
        drop(left);
    }
}

impl fmt::Debug for Installed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Installed").finish_non_exhaustive()
    }
}

/// Whether a census is installed anywhere: one load, and all that a poll pays where none is.
#[inline]
fn is_installed() -> bool {
    INSTALLED.load(Ordering::Relaxed) > 0
}

/// Looks at what is installed here, and runs no code of the user's.
#[inline]
fn installed<T>(look: impl FnOnce(&Installation) -> T) -> Option<T> {
    if is_installed() { installed_here(look) } else { None }
}

#[cold]
fn installed_here<T>(look: impl FnOnce(&Installation) -> T) -> Option<T> {
    // A thread that is being taken down has none any more.
    INSTALLATION
        .try_with(|here| here.borrow().as_ref().map(look))
        .ok()
        .flatten()
}

fn with(act: impl FnOnce(&mut Lists)) {
    if let Some(census) = installed(|here| here.census.clone()) {
        act(&mut census.lock());
    }
}

/// After how many steps a scope that is polled here yields, if it is not as elsewhere.
pub(crate) fn steps() -> Option<NonZeroU32> {
    installed(|here| here.census.steps).flatten()
}

impl ScopeNode {
    /// The scope is polled for the first time.
    pub(crate) fn note_opened(self: &Arc<Self>) {
        with(|lists| {
            lists.make_room();
            lists.opened += 1;
            let place = lists.opened;
            lists.scopes.insert(address(self), (place, Arc::downgrade(self)));
        });
    }

    /// The scope has ended.
    pub(crate) fn note_closed(&self) {
        with(|lists| drop(lists.scopes.remove(&address(self))));
    }
}

impl Env {
    /// The task waits for its first poll.
    #[inline]
    pub(crate) fn note_queued(&mut self) {
        if is_installed() {
            self.count(|_| ());
        }
    }

    /// The task is about to be polled.
    #[inline]
    pub(crate) fn note_poll(&mut self) {
        if is_installed() {
            self.count(|entry| {
                entry.polls += 1;
                entry.waits.clear();
            });
        }
    }

    /// Only where tasks are counted does each need a node for that.
    #[cold]
    fn count(&mut self, act: impl FnOnce(&mut Entry)) {
        let Some(task) = self.make_task() else { return };
        with(|lists| {
            let entry = lists.entry(&task);
            if entry.is_of(&task) {
                act(entry);
            }
        });
    }

    /// The task has ended.
    #[inline]
    pub(crate) fn note_end(&self) {
        if is_installed() {
            self.task().into_iter().for_each(forget);
        }
    }
}

#[cold]
fn forget(task: &Arc<TaskNode>) {
    with(|lists| {
        if lists.tasks.get(&task.info.id()).is_some_and(|entry| entry.is_of(task)) {
            lists.tasks.remove(&task.info.id());
        }
    });
}

impl TaskNode {
    /// The task's closure is about to be run, on a thread that may block.
    pub(crate) fn note_blocking(&self) {
        with(|lists| {
            // One that was skipped meanwhile is not listed again.
            if let Some(entry) = lists.tasks.get_mut(&self.info.id()) {
                entry.closure = true;
            }
        });
    }
}

/// The task that is being polled was found to wait.
pub(crate) fn waits(wait: impl FnOnce() -> Wait) {
    if is_installed() {
        let (task, wait) = (context::task(), wait());
        with(|lists| {
            let entry = task.as_ref().and_then(|task| lists.tasks.get_mut(&task.info.id()));
            if let Some(entry) = entry.filter(|entry| !entry.waits.iter().any(|known| known.is(&wait))) {
                entry.waits.push(wait);
            }
        });
    }
}

impl Lists {
    fn entry(&mut self, task: &Arc<TaskNode>) -> &mut Entry {
        let id = task.info.id();
        if !self.tasks.contains_key(&id) {
            self.make_room();
        }
        self.tasks.entry(id).or_insert_with(|| Entry {
            task: Arc::downgrade(task),
            polls: 0,
            closure: false,
            waits: Vec::new(),
        })
    }

    /// Now and then forgets what was dropped without an end, or ended on another thread.
    fn make_room(&mut self) {
        if self.tasks.len() + self.scopes.len() >= self.full {
            self.tasks.retain(|_, task| task.task.strong_count() > 0);
            self.scopes.retain(|_, (_, scope)| scope.strong_count() > 0);
            self.full = 64 + 2 * (self.tasks.len() + self.scopes.len());
        }
    }
}

fn address(state: &ScopeNode) -> usize {
    std::ptr::from_ref(state).addr()
}
