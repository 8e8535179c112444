use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    task::Waker,
};

use cooked_waker::{IntoWaker, Wake, WakeRef};

/// Which operation of a hostile waker panics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trap {
    /// Cloning it.
    Clone,
    /// Waking it, by value or by reference.
    Wake,
    /// Dropping it.
    Drop,
}

/// A waker whose `trap` panics while the returned flag is up.
///
/// The flag starts up. Put it down before the waker itself goes out of the test's hands.
pub fn hostile_waker(trap: Trap) -> (Waker, Arc<AtomicBool>) {
    let armed = Arc::new(AtomicBool::new(true));
    let waker = Box::new(Hostile {
        trap,
        armed: armed.clone(),
    })
    .into_waker();
    (waker, armed)
}

struct Hostile {
    trap: Trap,
    armed: Arc<AtomicBool>,
}

impl Hostile {
    fn spring(&self, sprung: Trap) {
        if self.trap == sprung && self.armed.load(SeqCst) && !std::thread::panicking() {
            panic!("the waker's {sprung:?} panics");
        }
    }
}

impl Clone for Hostile {
    fn clone(&self) -> Self {
        self.spring(Trap::Clone);
        Self {
            trap: self.trap,
            armed: self.armed.clone(),
        }
    }
}

impl WakeRef for Hostile {
    fn wake_by_ref(&self) {
        self.spring(Trap::Wake);
    }
}

impl Wake for Hostile {}

impl Drop for Hostile {
    fn drop(&mut self) {
        self.spring(Trap::Drop);
    }
}
