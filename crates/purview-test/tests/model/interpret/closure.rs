//! Closures that keep their thread while virtual time passes.
//!
//! Each runs on a thread of its own, in turns with the runtime: it has the turn until it blocks or ends, and gets it back
//! when the time it blocks for is over. So a run stays one sequence of events.

use std::{
    cell::RefCell,
    sync::mpsc::{Receiver, Sender, channel},
    thread::{self, JoinHandle},
    time::Duration,
};

use purview_core::Timer;
use purview_test::VirtualRuntime;

use crate::quiet;

thread_local! {
    static TURNS: RefCell<Option<Turns>> = const { RefCell::new(None) };
}

struct Turns {
    blocks: Sender<Duration>,
    goes_on: Receiver<()>,
}

/// Keeps the thread of the closure that calls it for so long. Without effect once the runtime has been shut down.
pub(super) fn block(duration: Duration) {
    TURNS.with_borrow(|turns| {
        let turns = turns.as_ref().expect("only closures block");
        if turns.blocks.send(duration).is_ok() {
            let _ = turns.goes_on.recv();
        }
    });
}

/// Waits for the thread, also where it is dropped.
struct Joined {
    goes_on: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Joined {
    fn drop(&mut self) {
        self.goes_on = None;
        if let Some(thread) = self.thread.take() {
            thread.join().expect("a closure's panic is kept by its scope");
        }
    }
}

pub(super) async fn run(runtime: VirtualRuntime, closure: Box<dyn FnOnce() + Send>) {
    let (blocks, blocked) = channel();
    let (goes_on, resumed) = channel();
    let thread = thread::spawn(move || {
        quiet::hush();
        TURNS.set(Some(Turns {
            blocks,
            goes_on: resumed,
        }));
        closure();
        TURNS.set(None);
    });
    let mut joined = Joined {
        goes_on: Some(goes_on),
        thread: Some(thread),
    };
    while let Ok(duration) = blocked.recv() {
        runtime.sleep_until(runtime.now() + duration).await;
        if let Some(goes_on) = &mut joined.goes_on {
            goes_on.send(()).expect("the closure waits for its turn");
        }
    }
}
