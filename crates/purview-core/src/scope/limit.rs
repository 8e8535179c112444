use std::{
    collections::VecDeque,
    num::NonZeroUsize,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Waker},
};

/// A number of children that may run at once: a [`NonZeroUsize`], or a `usize` that is not zero.
pub trait Limit {
    /// The number.
    ///
    /// # Panics
    ///
    /// For a `usize` of zero, with which nothing could ever run.
    fn into_limit(self) -> NonZeroUsize;
}

impl Limit for usize {
    #[track_caller]
    fn into_limit(self) -> NonZeroUsize {
        NonZeroUsize::new(self)
            .expect("a limit of 0 would let no child ever start: give at least 1, or no limit at all")
    }
}

impl Limit for NonZeroUsize {
    fn into_limit(self) -> NonZeroUsize {
        self
    }
}

/// Hands out the places of a scope with a limit, first come first served, to spawned children and to waiting permits.
pub(crate) struct Limiter(Mutex<Places>);

struct Places {
    free: usize,
    queue: VecDeque<Waiting>,
    /// Places that are waiting children's, whom the driver has yet to start.
    granted: usize,
}

enum Waiting {
    Child,
    Permit(Arc<PermitWait>),
}

/// Somebody who waits for a permit.
#[derive(Default)]
pub(crate) struct PermitWait {
    granted: AtomicBool,
    gone: AtomicBool,
    waker: Mutex<Option<Waker>>,
}

impl PermitWait {
    pub(super) fn is_granted(&self) -> bool {
        self.granted.load(Ordering::Acquire)
    }

    pub(super) fn set_waker(&self, cx: &Context<'_>) {
        let waker = cx.waker().clone();
        let old = self.lock().replace(waker);
        drop(old);
    }

    fn take_waker(&self) -> Option<Waker> {
        self.lock().take()
    }

    fn lock(&self) -> MutexGuard<'_, Option<Waker>> {
        self.waker.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Limiter {
    pub(super) fn new(limit: NonZeroUsize) -> Self {
        Self(Mutex::new(Places {
            free: limit.get(),
            queue: VecDeque::new(),
            granted: 0,
        }))
    }

    /// A place now, if nobody waits for one.
    pub(super) fn try_take(&self) -> bool {
        let mut places = self.lock();
        let free = places.free > 0 && places.queue.is_empty();
        if free {
            places.free -= 1;
        }
        free
    }

    /// A place now, or the next one for a child.
    pub(super) fn take_or_queue(&self) -> bool {
        let mut places = self.lock();
        if places.free > 0 && places.queue.is_empty() {
            places.free -= 1;
            return true;
        }
        places.queue.push_back(Waiting::Child);
        false
    }

    pub(super) fn wait(&self) -> Arc<PermitWait> {
        let wait = Arc::new(PermitWait::default());
        let mut places = self.lock();
        if places.free > 0 && places.queue.is_empty() {
            places.free -= 1;
            wait.granted.store(true, Ordering::Release);
        } else {
            places.queue.push_back(Waiting::Permit(wait.clone()));
        }
        wait
    }

    /// A waiter goes; gives whether it had been given a place, which is then to be given back.
    pub(super) fn forget(&self, wait: &PermitWait) -> bool {
        let _places = self.lock();
        wait.gone.store(true, Ordering::Release);
        wait.is_granted()
    }

    /// Gives a place back; the waker is to be woken, and if the place is a child's the driver is to be told.
    #[must_use]
    pub(super) fn give_back(&self) -> Freed {
        let mut places = self.lock();
        loop {
            match places.queue.pop_front() {
                None => {
                    places.free += 1;
                    return Freed::Nobody;
                }
                Some(Waiting::Child) => {
                    places.granted += 1;
                    return Freed::Child;
                }
                Some(Waiting::Permit(wait)) if wait.gone.load(Ordering::Acquire) => {}
                Some(Waiting::Permit(wait)) => {
                    wait.granted.store(true, Ordering::Release);
                    return Freed::Permit(wait.take_waker());
                }
            }
        }
    }

    /// Whether a child that waits may start.
    pub(super) fn take_granted(&self) -> bool {
        let mut places = self.lock();
        let granted = places.granted > 0;
        if granted {
            places.granted -= 1;
        }
        granted
    }

    fn lock(&self) -> MutexGuard<'_, Places> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whose place it is now.
pub(super) enum Freed {
    Nobody,
    Child,
    Permit(Option<Waker>),
}
