mod errand;

use std::{
    mem,
    pin::Pin,
    sync::{Arc, PoisonError},
    task::{Context, Poll, Waker},
};

use self::errand::Errand;
use super::away::Away;
use crate::{
    cancel::CancelReason,
    context::Frame,
    error::{catch, discard},
    policy::End,
    runtime::Spawner,
    sync::{Mutex, MutexGuard},
};

/// Where the future of a parallel child is: in a slot of ours, so that whoever cancels it can destroy it without asking
/// the executor. Idle, being polled, ended, or gone.
pub(super) struct Remote<F: Future> {
    frame: Arc<Frame>,
    slot: Mutex<Slot<F>>,
}

struct Slot<F: Future> {
    place: Place<F>,
    /// Has the executor poll it.
    executor: Option<Waker>,
    /// Has the scope look at it.
    scope: Option<Waker>,
    owner: Owner,
    /// The scope is gone: nobody will ask how it ended.
    abandoned: bool,
}

enum Place<F: Future> {
    Idle(Pin<Box<F>>),
    Polling,
    /// It has ended, and the scope has not heard of it.
    Ended(End<F::Output>),
    Gone,
}

/// Who polls it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Owner {
    /// The executor has it, and has not polled it.
    Given,
    Executor,
    /// The executor refused it, or threw it away before it ran: it runs in the scope's task.
    Scope,
}

impl<F: Future> Remote<F> {
    pub(super) fn new(frame: Arc<Frame>, fut: F) -> Arc<Self> {
        let place = Place::Idle(Box::pin(fut));
        let slot = Slot {
            place,
            executor: None,
            scope: None,
            owner: Owner::Given,
            abandoned: false,
        };
        Arc::new(Self {
            frame,
            slot: Mutex::new(slot),
        })
    }

    /// Polls the future, if it is there; ready when it has ended. The scope leaves its waker where it finds that an
    /// executor that refused the child is polling it all the same.
    fn poll_slot(&self, cx: &mut Context<'_>, scope: Option<Waker>) -> Poll<()> {
        let mut fut = {
            let mut slot = self.lock();
            if scope.is_none() && slot.owner == Owner::Scope {
                return Poll::Ready(());
            }
            match mem::replace(&mut slot.place, Place::Polling) {
                Place::Idle(fut) => fut,
                Place::Polling => {
                    let old = scope.and_then(|scope| slot.scope.replace(scope));
                    drop(slot);
                    drop(old);
                    return Poll::Pending;
                }
                other => {
                    slot.place = other;
                    return Poll::Ready(());
                }
            }
        };
        let end = match self.cut_now() {
            Some(reason) => End::Cancelled(reason),
            None => match catch(|| self.frame.run(|| fut.as_mut().poll(cx))) {
                Ok(Poll::Ready(value)) => End::Returned(value),
                Err(panic) => End::Panicked(panic),
                Ok(Poll::Pending) => match self.put_back(fut) {
                    Ok(()) => return Poll::Pending,
                    Err((fut, reason)) => {
                        self.end(fut, End::Cancelled(reason));
                        return Poll::Ready(());
                    }
                },
            },
        };
        self.end(fut, end);
        Poll::Ready(())
    }

    fn cut_now(&self) -> Option<CancelReason> {
        self.frame.stopped().filter(|_| !self.frame.holds())
    }

    /// The future is idle again, unless it was cancelled while it was being polled, and does not hold by now.
    fn put_back(&self, fut: Pin<Box<F>>) -> Result<(), (Pin<Box<F>>, CancelReason)> {
        let mut slot = self.lock();
        // Under the lock: whoever cancels after this look finds the future idle.
        // Seeded: it has looked before the poll.
        let stopped = self
            .cut_now()
            .filter(|_| !cfg!(purview_seeded_bug = "cancelled-during-the-poll"));
        if let Some(reason) = stopped.or_else(|| slot.abandoned.then_some(CancelReason::Ended)) {
            return Err((fut, reason));
        }
        slot.place = Place::Idle(fut);
        // The executor refused it during this poll: what the future has left with the executor wakes nobody.
        let scope = (slot.owner == Owner::Scope).then(|| slot.scope.take()).flatten();
        drop(slot);
        wake(scope);
        Ok(())
    }

    /// Drops the future, and then tells the scope how it ended.
    fn end(&self, fut: Pin<Box<F>>, end: End<F::Output>) {
        let end = drop_future(fut, end);
        let scope = {
            let mut slot = self.lock();
            if slot.abandoned {
                slot.place = Place::Gone;
                drop(slot);
                discard(end);
                return;
            }
            slot.place = Place::Ended(end);
            slot.scope.take()
        };
        wake(scope);
    }

    /// Nobody but the scope has it from now on.
    fn keep_in_scope(&self) {
        let scope = {
            let mut slot = self.lock();
            slot.owner = Owner::Scope;
            slot.scope.take()
        };
        wake(scope);
    }

    fn lock(&self) -> MutexGuard<'_, Slot<F>> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<F: Future<Output: Send> + Send + 'static> Away for Remote<F> {
    type Output = F::Output;

    fn give(self: &Arc<Self>, frame: &Arc<Frame>) {
        let errand = Box::pin(Errand::new(self));
        let runtime = frame.scope.runtime().clone();
        // What it does not take it drops, and a future that has not run goes on in the scope.
        let taken = catch(|| runtime.spawn(errand));
        if !matches!(taken, Ok(Ok(()))) {
            discard(taken);
            self.keep_in_scope();
        }
    }

    /// Hears of its end, or polls it itself where nobody else does.
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
        if self.poll_slot(cx, Some(waker)).is_pending() {
            return Poll::Pending;
        }
        let end = self.lock().take_end();
        end.map_or(Poll::Pending, Poll::Ready)
    }

    /// Destroys the future where it is idle; pending where another thread is polling it, which then looks whether it
    /// is to be dropped.
    fn cut(&self, reason: CancelReason) -> Poll<End<F::Output>> {
        let (place, executor) = {
            let mut slot = self.lock();
            match mem::replace(&mut slot.place, Place::Gone) {
                Place::Polling => {
                    slot.place = Place::Polling;
                    return Poll::Pending;
                }
                place => (place, slot.executor.take()),
            }
        };
        let end = match place {
            Place::Idle(fut) => drop_future(fut, End::Cancelled(reason)),
            // It was faster.
            Place::Ended(end) => end,
            Place::Polling | Place::Gone => End::Cancelled(reason),
        };
        // The executor's task finds nothing to do and ends.
        wake(executor);
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
    fn take_end(&mut self) -> Option<End<F::Output>> {
        match mem::replace(&mut self.place, Place::Gone) {
            Place::Ended(end) => Some(end),
            other => {
                self.place = other;
                None
            }
        }
    }
}

/// A panic of the future's destructor is how it ended, whatever it did before.
fn drop_future<F, O>(fut: Pin<Box<F>>, end: End<O>) -> End<O> {
    end.after(|| drop(fut))
}

/// A panic of somebody's waker must not take the thread of somebody else with it.
pub(super) fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        if let Err(panic) = catch(|| waker.wake()) {
            discard(panic);
        }
    }
}
