use std::{
    mem,
    pin::Pin,
    sync::{Arc, PoisonError},
    task::{Context, Poll, Waker, ready},
};

use super::{Offload, runnable::Runnable};
use crate::{
    cancel::CancelReason,
    context::Env,
    engine::{ByNode, Member},
    inspect,
    panic::{catch, discard, expect_panics},
    policy::End,
    runtime::Spawner,
    sync::{Mutex, MutexGuard},
    tree::{HoldKind, TaskNode},
    wake::wake_quietly,
};

/// Where the future of a parallel child or a guest is: in a slot of ours, so that what cancels it can destroy it without
/// asking what polls it.
pub(in crate::scope) struct ParallelFuture<F: Future> {
    pub(super) task: Arc<TaskNode>,
    slot: Mutex<Slot<F>>,
}

pub(super) struct Slot<F: Future> {
    pub(super) place: Place<F>,
    /// Has the executor poll it. A guest has none: its waker is only inside its future.
    pub(super) executor: Option<Waker>,
    /// Has the scope look at it.
    scope: Option<Waker>,
    pub(super) owner: Owner,
    /// The scope was dropped: it will not ask how this ended.
    abandoned: bool,
}

pub(super) enum Place<F: Future> {
    /// Not yet pinned, so that a scope that does not accept it can give it back.
    New(Box<Member<F>>),
    Idle(Pin<Box<Member<F>>>),
    Polling,
    /// It has ended, and the scope does not know yet.
    Ended(End<F::Output>),
    /// Its end was taken.
    Empty,
}

/// What polls it. In a guest the executor stands for what awaits the guest.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    /// The executor has it, and has not polled it.
    Given,
    Executor,
    /// The executor refused it, or dropped it before it ran: it runs in the scope's task.
    Scope,
}

impl<F: Future> ParallelFuture<F> {
    pub(in crate::scope) fn new(env: Env, fut: F) -> Self {
        let task = env
            .task()
            .expect("a task that runs elsewhere has its node from the start")
            .clone();
        let place = Place::New(Box::new(Member::new(fut, env)));
        let slot = Slot {
            place,
            executor: None,
            scope: None,
            owner: Owner::Given,
            abandoned: false,
        };
        Self {
            task,
            slot: Mutex::new(slot),
        }
    }

    /// The future, where it was never polled.
    pub(super) fn take_future(&self) -> Option<F> {
        let place = mem::replace(&mut self.lock().place, Place::Empty);
        match place {
            Place::New(member) => member.into_future(),
            _ => None,
        }
    }

    /// Whether the future was dropped.
    pub(super) fn is_over(&self) -> bool {
        matches!(self.lock().place, Place::Ended(_) | Place::Empty)
    }

    /// Polls the future, if it is there; ready when it has ended, with its end where the scope does not ask for that. The
    /// scope leaves its waker where it finds that an executor that refused the child is polling it all the same.
    fn poll_slot(&self, cx: &mut Context<'_>, scope: Option<Waker>) -> Poll<Option<End<F::Output>>> {
        let mut member = {
            let mut slot = self.lock();
            if scope.is_none() && slot.owner == Owner::Scope {
                return Poll::Ready(None);
            }
            match slot.take_member() {
                Some(member) => member,
                None if matches!(slot.place, Place::Polling) => {
                    let old = scope.and_then(|scope| slot.scope.replace(scope));
                    drop(slot);
                    drop(old);
                    return Poll::Pending;
                }
                None => return Poll::Ready(None),
            }
        };
        let polled = {
            // A panic is reported, whatever polls this.
            let _expected = expect_panics();
            member.as_mut().poll_by_another(&ByNode, cx)
        };
        let (member, end) = match polled {
            Poll::Ready(end) => (member, end),
            Poll::Pending => match self.put_back(member) {
                Ok(()) => return Poll::Pending,
                Err((mut member, reason)) => {
                    let end = member.as_mut().cut(reason);
                    (member, end)
                }
            },
        };
        // Where this is the last to have a context value, there is nothing to report its panic to.
        discard(member);
        Poll::Ready(self.end(end))
    }

    /// As [`poll_slot`](Self::poll_slot), on another thread or in another task: the scopes around wait for the end of this
    /// poll, also when they have dropped what is in between.
    pub(super) fn poll_elsewhere(&self, cx: &mut Context<'_>) -> Poll<Option<End<F::Output>>> {
        // Not on the task itself, which is to be dropped after this poll where nothing else holds it.
        let scope = self.task.scope.clone();
        inspect::note_pass(false);
        scope.hold(HoldKind::Elsewhere);
        let polled = self.poll_slot(cx, None);
        scope.let_go(HoldKind::Elsewhere);
        polled
    }

    /// Drops the future where it is idle, and tells the scope; gives its end where the scope does not ask for that.
    pub(super) fn destroy(&self, reason: CancelReason) -> Option<End<F::Output>> {
        let mut member = self.lock().take_member()?;
        let end = member.as_mut().cut(reason);
        discard(member);
        self.end(end)
    }

    pub(super) fn cut_now(&self) -> Option<CancelReason> {
        self.task.stopped().filter(|_| !self.task.holds()).cloned()
    }

    /// The future is idle again, unless it was cancelled while it was being polled, and does not hold by now.
    #[expect(clippy::type_complexity, reason = "the future comes back")]
    fn put_back(&self, member: Pin<Box<Member<F>>>) -> Result<(), (Pin<Box<Member<F>>>, CancelReason)> {
        let mut slot = self.lock();
        // Under the lock: a cancellation after this look finds the future idle.
        // Seeded: it has looked before the poll.
        let stopped = self
            .cut_now()
            .filter(|_| !cfg!(purview_seeded_bug = "cancelled-during-the-poll"));
        if let Some(reason) = stopped.or_else(|| slot.abandoned.then_some(CancelReason::Ended)) {
            return Err((member, reason));
        }
        slot.place = Place::Idle(member);
        // The executor refused it during this poll: the wakers that the future left there wake nothing.
        let scope = (slot.owner == Owner::Scope).then(|| slot.scope.take()).flatten();
        drop(slot);
        wake_quietly(scope);
        Ok(())
    }

    /// The future was dropped: tells the scope how it ended, or gives that back where the scope does not ask.
    fn end(&self, end: End<F::Output>) -> Option<End<F::Output>> {
        let scope = {
            let mut slot = self.lock();
            if slot.abandoned {
                slot.place = Place::Empty;
                return Some(end);
            }
            slot.place = Place::Ended(end);
            slot.scope.take()
        };
        wake_quietly(scope);
        None
    }

    /// Only the scope has it from now on.
    pub(super) fn keep_in_scope(&self) {
        let scope = {
            let mut slot = self.lock();
            slot.owner = Owner::Scope;
            slot.scope.take()
        };
        wake_quietly(scope);
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Slot<F>> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<F: Future<Output: Send> + Send + 'static> Offload for ParallelFuture<F> {
    type Output = F::Output;

    fn give(self: &Arc<Self>, task: &Arc<TaskNode>) {
        let runnable = Box::pin(Runnable::new(self));
        let runtime = task.scope.runtime();
        // What it does not take it drops, and a future that has not run stays in the scope.
        let taken = catch(|| runtime.spawn_named(&task.info.with_location(), runnable));
        if !matches!(taken, Ok(Ok(()))) {
            discard(taken);
            self.keep_in_scope();
        }
    }

    /// Takes its end, or polls it here where the executor does not.
    fn poll(&self, cx: &mut Context<'_>) -> Poll<End<F::Output>> {
        let waker = cx.waker().clone();
        let mut slot = self.lock();
        if let Some(end) = slot.take_end() {
            drop(slot);
            return Poll::Ready(end);
        }
        if slot.owner != Owner::Scope {
            let old = slot.scope.replace(waker);
            drop(slot);
            drop(old);
            return Poll::Pending;
        }
        drop(slot);
        discard(ready!(self.poll_slot(cx, Some(waker))));
        let end = self.lock().take_end();
        end.map_or(Poll::Pending, Poll::Ready)
    }

    /// Destroys the future where it is idle; pending where another thread is polling it, which then looks whether it is to
    /// be dropped.
    fn cut(&self, reason: CancelReason) -> Poll<End<F::Output>> {
        let (place, executor) = {
            let mut slot = self.lock();
            match mem::replace(&mut slot.place, Place::Empty) {
                Place::Polling => {
                    slot.place = Place::Polling;
                    return Poll::Pending;
                }
                place => (place, slot.executor.take()),
            }
        };
        let end = match place {
            Place::New(member) => Box::into_pin(member).as_mut().cut(reason),
            Place::Idle(mut member) => member.as_mut().cut(reason),
            // It was faster.
            Place::Ended(end) => end,
            Place::Polling | Place::Empty => End::Cancelled(reason),
        };
        // The executor's task finds nothing to do and ends.
        wake_quietly(executor);
        Poll::Ready(end)
    }

    fn abandon(&self) {
        let left = {
            let mut slot = self.lock();
            slot.abandoned = true;
            (slot.take_end(), slot.scope.take())
        };
        discard(left);
    }
}

impl<F: Future> Slot<F> {
    /// Takes the future out, where it is idle.
    fn take_member(&mut self) -> Option<Pin<Box<Member<F>>>> {
        match mem::replace(&mut self.place, Place::Polling) {
            Place::New(member) => Some(Box::into_pin(member)),
            Place::Idle(member) => Some(member),
            other => {
                self.place = other;
                None
            }
        }
    }

    fn take_end(&mut self) -> Option<End<F::Output>> {
        match mem::replace(&mut self.place, Place::Empty) {
            Place::Ended(end) => Some(end),
            other => {
                self.place = other;
                None
            }
        }
    }
}
