mod content;

use std::{
    mem,
    panic::Location,
    sync::{Arc, PoisonError},
    task::{Context, Poll, Waker},
};

use self::content::Content;
pub(super) use self::content::Take;
use crate::{
    cancel::CancelReason,
    context::Env,
    engine::Stop,
    panic::{catch, catch_expected, discard, no_second_panic},
    sync::{
        Mutex, MutexGuard,
        atomic::{AtomicU64, Ordering},
    },
    tree::{ScopeNode, Stopped, TaskId, TaskInfo, TaskNode},
    wake::part,
};

/// What a child and its [`Task`](super::Task) share: which child it is, its end on the way to what awaits it, and a
/// request to stop on the way back.
///
/// With a result of one word it has 96 bytes: what is larger than 120, with its counts, is dear to allocate and free.
pub(super) struct JoinSlot<J> {
    scope: Arc<ScopeNode>,
    id: TaskId,
    /// The child's number in its scope, and the flags below.
    number: AtomicU64,
    /// Where it was spawned.
    at: &'static Location<'static>,
    state: Mutex<SlotState<J>>,
}

/// The child is to stop alone.
const STOPPED: u64 = 1 << 63;
/// It has ended, and its future was dropped.
const ENDED: u64 = 1 << 62;
/// It has a node in the tree.
const HAS_NODE: u64 = 1 << 61;
/// Its `Task` waits for the end of the scope.
const WAITS_FOR_END: u64 = 1 << 60;
/// What awaits it has left a waker, and has neither taken the value nor been dropped.
const AWAITED: u64 = 1 << 59;
const FLAGS: u64 = STOPPED | ENDED | HAS_NODE | WAITS_FOR_END | AWAITED;

struct SlotState<J> {
    content: Content<J>,
    /// Why it is to stop alone, while it has no node that knows.
    stop: Option<Box<CancelReason>>,
    /// Its node in the tree, once it has one.
    task: Option<Arc<TaskNode>>,
    /// Has the child polled: a waker of the set's.
    poller: Option<Waker>,
}

impl<J> JoinSlot<J> {
    pub(super) fn new(
        scope: Arc<ScopeNode>,
        id: TaskId,
        number: u64,
        at: &'static Location<'static>,
        task: Option<Arc<TaskNode>>,
    ) -> Arc<Self> {
        Arc::new(Self {
            scope,
            id,
            number: AtomicU64::new((number & !FLAGS) | if task.is_some() { HAS_NODE } else { 0 }),
            at,
            state: Mutex::new(SlotState {
                content: Content::Waiting(None),
                stop: None,
                task,
                poller: None,
            }),
        })
    }

    pub(super) fn id(&self) -> TaskId {
        self.id
    }

    /// Which task the child is.
    pub(super) fn info(&self) -> TaskInfo {
        let number = self.number.load(Ordering::Acquire);
        if number & HAS_NODE != 0 {
            if let Some(task) = &self.lock().task {
                return task.info.clone();
            }
        }
        TaskInfo::numbered(self.id, self.scope.naming(), number & !FLAGS).located(Some(self.at))
    }

    pub(super) fn scope(&self) -> &Arc<ScopeNode> {
        &self.scope
    }

    /// Asks this child alone to stop.
    pub(super) fn cancel(&self, reason: CancelReason) {
        if self.is_ended() {
            return;
        }
        let (task, poller) = {
            let mut state = self.lock();
            match &state.task {
                Some(task) => (Some(task.clone()), None),
                None if state.stop.is_some() => return,
                None => {
                    state.stop = Some(Box::new(reason.clone()));
                    self.set(STOPPED);
                    (None, state.poller.clone())
                }
            }
        };
        if let Some(task) = task {
            task.cancel(reason);
            return;
        }
        self.scope.note_stopped_alone(self.id, &reason);
        match poller {
            Some(poller) => {
                poller.wake();
                self.scope.signal().raise(part::STOPPED);
            }
            // It may wait in a queue, where nothing polls it.
            None => self.scope.note_stop(Stopped::Child(self.id)),
        }
    }

    /// Why this child is to stop alone.
    #[inline]
    pub(super) fn stopped(&self, env: &Env) -> Option<CancelReason> {
        match env.task() {
            None if !self.has(STOPPED) => None,
            task => self.stopped_alone(task),
        }
    }

    fn stopped_alone(&self, task: Option<&Arc<TaskNode>>) -> Option<CancelReason> {
        let known = task.and_then(|task| task.stopped_alone()).cloned();
        known.or_else(|| self.lock().stop.as_deref().cloned())
    }

    /// Why this child was cancelled alone, if it was.
    pub(super) fn was_stopped(&self) -> bool {
        if self.has(STOPPED) {
            return true;
        }
        let task = self.lock().task.clone();
        task.is_some_and(|task| task.stopped_alone().is_some())
    }

    fn remember_now(&self, env: &mut Env, waker: &Waker) {
        env.set_known_to_slot();
        let node = env.task();
        let stop = {
            let mut state = self.lock();
            if state.poller.is_none() {
                state.poller = Some(waker.clone());
            }
            if let (None, Some(node)) = (&state.task, node) {
                state.task = Some(Arc::clone(node));
                self.set(HAS_NODE);
            }
            // Seeded: the request is left where nothing looks any more.
            let unseen = cfg!(purview_seeded_bug = "stop-before-the-node");
            state.stop.clone().filter(|_| !unseen)
        };
        if let (Some(reason), Some(node)) = (stop, node) {
            node.cancel(*reason);
        }
    }

    pub(super) fn is_ended(&self) -> bool {
        self.has(ENDED)
    }

    /// The child has ended: leaves what the policy made of that, and wakes what awaits it.
    pub(super) fn fill(&self, joined: Option<J>) {
        let content = joined.map_or(Content::Never(None), Content::Value);
        let (old, poller) = {
            let mut state = self.lock();
            self.set(ENDED);
            (mem::replace(&mut state.content, content), state.poller.take())
        };
        drop(poller);
        if let Content::Waiting(Some(waker)) = old {
            waker.wake();
        }
    }

    /// As [`fill`](Self::fill), with what the policy has to say; when it panics, there is nothing to come. Called where
    /// panics are expected.
    pub(super) fn fill_with<T>(&self, ask: impl FnOnce() -> (Option<J>, T)) -> T {
        match catch_expected(ask) {
            Ok((joined, told)) => {
                self.fill(joined);
                told
            }
            Err(panic) => {
                discard(catch(|| self.fill(None)));
                panic.resume()
            }
        }
    }

    /// Whether there is a value that was not taken.
    pub(super) fn is_unclaimed(&self) -> bool {
        matches!(self.lock().content, Content::Value(_))
    }

    /// Whether something waits for it. Once there is a value, nothing begins to.
    pub(super) fn is_awaited(&self) -> bool {
        self.has(AWAITED)
    }

    /// Whether the policy gave nothing for it.
    pub(super) fn has_no_value(&self) -> bool {
        matches!(self.lock().content, Content::Never(_))
    }

    /// Looks through a value that was not taken, unless something waits for it: that was woken, and takes it when it is
    /// next polled. May leave something else in its place.
    pub(super) fn reclaim(&self, look: impl FnOnce(J) -> Option<J>) {
        let joined = {
            let mut state = self.lock();
            if self.has(AWAITED) {
                return;
            }
            // Seeded: a poll meanwhile is told that the value was taken.
            let meanwhile = cfg!(purview_seeded_bug = "taken-back-for-good").then_some(Content::Taken);
            match mem::replace(&mut state.content, meanwhile.unwrap_or(Content::Waiting(None))) {
                Content::Value(joined) => joined,
                other => {
                    state.content = other;
                    return;
                }
            }
        };
        self.fill_with(|| (look(joined), ()));
    }

    pub(super) fn poll(&self, cx: &Context<'_>) -> Take<J> {
        {
            let mut state = self.lock();
            match &state.content {
                Content::Waiting(Some(waiting)) if waiting.will_wake(cx.waker()) => return Take::NotYet,
                Content::Waiting(_) => {}
                Content::Value(_) => {
                    if let Content::Value(value) = mem::replace(&mut state.content, Content::Taken) {
                        self.unset(AWAITED);
                        return Take::Value(value);
                    }
                }
                Content::Taken => return Take::Taken,
                Content::Never(_) => return Take::Never,
            }
        }
        let waker = cx.waker().clone();
        // One look under one lock: a value that comes and is taken back between two would wake nothing.
        let (take, left) = {
            let mut state = self.lock();
            let polled = state.content.take_or_wait(waker);
            if matches!(polled.0, Take::NotYet) {
                self.set(AWAITED);
            }
            polled
        };
        drop(left);
        take
    }

    /// There is no value to come: waits for the end of the scope.
    pub(super) fn poll_scope_ended(&self, cx: &Context<'_>) -> Poll<()> {
        let mut key = self.lock().content.end_key();
        let polled = self.scope.poll_ended(&mut key, cx);
        let mut state = self.lock();
        state.content = Content::Never(key);
        self.set(WAITS_FOR_END);
        drop(state);
        polled
    }

    /// Its `Task` is dropped, and waits no more.
    #[inline]
    pub(super) fn forget_waiter(&self) {
        let flags = self.number.load(Ordering::Acquire);
        if flags & (WAITS_FOR_END | AWAITED) != 0 {
            self.forget_waker(flags);
        }
    }

    fn forget_waker(&self, flags: u64) {
        if flags & WAITS_FOR_END != 0 {
            let key = self.lock().content.end_key();
            self.scope.forget_end_waiter(key);
        } else {
            let waker = {
                let mut state = self.lock();
                self.unset(AWAITED);
                state.content.take_waker()
            };
            no_second_panic(|| drop(waker));
        }
    }

    fn has(&self, flag: u64) -> bool {
        self.number.load(Ordering::Acquire) & flag != 0
    }

    /// To be called under the lock, which makes it one change without a locked instruction.
    fn set(&self, flag: u64) {
        self.number
            .store(self.number.load(Ordering::Relaxed) | flag, Ordering::Release);
    }

    /// As [`set`](Self::set).
    fn unset(&self, flag: u64) {
        self.number
            .store(self.number.load(Ordering::Relaxed) & !flag, Ordering::Release);
    }

    fn lock(&self) -> MutexGuard<'_, SlotState<J>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<J> Stop for JoinSlot<J> {
    fn is_stopped(&self, env: &Env) -> bool {
        self.has(STOPPED) || env.is_stopped()
    }

    fn reason(&self, env: &Env) -> CancelReason {
        let alone = self.stopped(env);
        alone.unwrap_or_else(|| env.stopped().cloned().unwrap_or(CancelReason::Ended))
    }

    /// A request to stop that came during the poll is told to the node by this, or by [`cancel`](Self::cancel), whichever
    /// comes second.
    #[inline]
    fn remember(&self, env: &mut Env, waker: &Waker) {
        if env.is_unknown_to_slot() {
            self.remember_now(env, waker);
        }
    }
}
