//! What a test gives to a runtime, and what reports to the watchdog when the runtime breaks a promise.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    thread,
};

use purview_core::BoxFuture;

use super::watch::{DROPPED, IN_THE_CALLER, Watch};

/// A spawned future that notices when it is dropped before its end.
pub(super) struct Given {
    future: BoxFuture,
    ended: bool,
    fate: Fate,
}

/// Of "the runtime has taken it" and "it was dropped early" the later one is news: a runtime may drop what it refuses.
#[derive(Clone)]
pub(super) struct Fate {
    watch: Watch,
    either: Arc<AtomicBool>,
}

impl Given {
    pub(super) fn new(watch: &Watch, future: impl Future<Output = ()> + Send + 'static) -> (Self, Fate) {
        let fate = Fate {
            watch: watch.clone(),
            either: Arc::default(),
        };
        let given = Self {
            future: Box::pin(future),
            ended: false,
            fate: fate.clone(),
        };
        (given, fate)
    }
}

impl Fate {
    pub(super) fn taken(&self) {
        self.happens();
    }

    fn happens(&self) {
        if self.either.swap(true, Ordering::SeqCst) {
            self.watch.broken(DROPPED);
        }
    }
}

impl Future for Given {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        // A panic is an end too.
        self.ended = true;
        let poll = self.future.as_mut().poll(cx);
        self.ended = poll.is_ready();
        poll
    }
}

impl Drop for Given {
    fn drop(&mut self) {
        if !self.ended {
            self.fate.happens();
        }
    }
}

/// A closure that notices when it is run inside the call that spawns it; `returned` is set when that has returned.
pub(super) fn not_in_the_caller(
    watch: &Watch,
    returned: Arc<AtomicBool>,
    closure: impl FnOnce() + Send + 'static,
) -> Box<dyn FnOnce() + Send> {
    let (watch, caller) = (watch.clone(), thread::current().id());
    Box::new(move || {
        if thread::current().id() == caller && !returned.load(Ordering::SeqCst) {
            watch.broken(IN_THE_CALLER);
            // What the closure does may block this thread for ever.
            panic!("{IN_THE_CALLER}");
        }
        closure();
    })
}
