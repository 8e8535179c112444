use std::{
    future::pending,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    task::{Poll, Waker},
};

use cooked_waker::{IntoWaker, Wake, WakeRef};
use purview::{CancelReason, Cancelled, scope};
use purview_tests::{ByHand, Trap, by_hand};

use crate::live::{Alive, Live};

/// Makes wakers one of whose operations panics while it is armed, while its thread is unwinding too.
#[derive(Clone, Debug)]
pub(crate) struct Hostile {
    trap: Trap,
    armed: Arc<AtomicBool>,
    sprung: Arc<AtomicUsize>,
    live: Live,
}

impl Hostile {
    /// Armed from the start.
    pub(crate) fn new(trap: Trap) -> Self {
        Self {
            trap,
            armed: Arc::new(AtomicBool::new(true)),
            sprung: Arc::default(),
            live: Live::new(),
        }
    }

    pub(crate) fn waker(&self) -> Waker {
        Box::new(HostileWaker {
            kind: self.clone(),
            _alive: self.live.value(),
        })
        .into_waker()
    }

    pub(crate) fn arm(&self, armed: bool) {
        self.armed.store(armed, SeqCst);
    }

    /// How often it has panicked.
    pub(crate) fn sprung(&self) -> usize {
        self.sprung.load(SeqCst)
    }

    /// Checks that none of its wakers is kept anywhere.
    #[track_caller]
    pub(crate) fn assert_dropped(&self) {
        assert_eq!(self.live.alive(), 0, "of the wakers are left");
    }

    fn spring(&self, operation: Trap) {
        if self.trap == operation && self.armed.load(SeqCst) {
            self.sprung.fetch_add(1, SeqCst);
            panic!("the waker's {operation:?} panics");
        }
    }
}

struct HostileWaker {
    kind: Hostile,
    _alive: Alive,
}

impl Clone for HostileWaker {
    fn clone(&self) -> Self {
        self.kind.spring(Trap::Clone);
        Self {
            kind: self.kind.clone(),
            _alive: self.kind.live.value(),
        }
    }
}

impl WakeRef for HostileWaker {
    fn wake_by_ref(&self) {
        self.kind.spring(Trap::Wake);
    }
}

impl Wake for HostileWaker {}

impl Drop for HostileWaker {
    fn drop(&mut self) {
        self.kind.spring(Trap::Drop);
    }
}

/// Drops a future: a panic in it comes out where a scope around hears of it, and nowhere else.
#[track_caller]
pub(crate) fn comes_out_in_a_scope(drop: impl FnOnce()) {
    assert_eq!(panics(drop), purview::current().is_some());
}

/// Runs what may panic where it should; gives whether it did.
pub(crate) fn panics<T>(what: impl FnOnce() -> T) -> bool {
    let Err(payload) = catch_unwind(AssertUnwindSafe(what)) else {
        return false;
    };
    // It may panic in turn.
    let _ = catch_unwind(AssertUnwindSafe(|| drop(payload)));
    true
}

/// Polls once with a hostile waker, which whatever is polled then keeps.
#[track_caller]
pub(crate) fn leave_waker<F: Future>(hostile: &Hostile, future: &mut ByHand<F>) {
    hostile.arm(false);
    assert!(future.poll_with(&hostile.waker()).is_pending());
    hostile.arm(true);
}

/// A wait for the cancellation of a scope inside a child, which has been carried out of the child, so that the child does
/// not hold.
#[derive(Clone, Default)]
pub(crate) struct CarriedOut(Arc<Mutex<Option<ByHand<Cancelled>>>>);

impl CarriedOut {
    /// In the child: runs the scope, which does not end by itself.
    pub(crate) async fn begin(&self) {
        scope(async |s| {
            *self.0.lock().unwrap() = Some(by_hand(s.token().cancelled()));
            pending::<()>().await;
        })
        .await;
    }

    /// Outside, where nothing holds.
    pub(crate) fn poll_with(&self, hostile: &Hostile) -> Poll<CancelReason> {
        let mut hears = self.0.lock().unwrap().take().expect("it has begun");
        let polled = hears.poll_with(&hostile.waker());
        *self.0.lock().unwrap() = Some(hears);
        polled
    }
}
