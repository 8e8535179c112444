use std::{
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
};

/// What happened, in order.
#[derive(Clone, Debug, Default)]
pub struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    /// An empty log.
    pub fn new() -> Self {
        Self::default()
    }

    /// Writes down an event.
    pub fn note(&self, event: impl Into<String>) {
        let event = event.into();
        self.0.lock().expect("no test panics while it writes").push(event);
    }

    /// A value that notes `"{name} dropped"` when it is dropped.
    pub fn on_drop(&self, name: impl Into<String>) -> NotesDrop {
        NotesDrop {
            log: self.clone(),
            name: name.into(),
        }
    }

    /// `future`, with `"{name} polled"` noted before each poll and `"{name} dropped"` once it was dropped.
    pub fn traced<F: Future>(&self, name: impl Into<String>, future: F) -> Traced<F> {
        Traced {
            future: Box::pin(future),
            name: self.on_drop(name),
        }
    }

    /// Everything noted so far.
    pub fn entries(&self) -> Vec<String> {
        self.0.lock().expect("no test panics while it writes").clone()
    }

    /// Forgets what was noted so far.
    pub fn clear(&self) {
        self.0.lock().expect("no test panics while it writes").clear();
    }

    /// Whether `event` was noted.
    pub fn has(&self, event: &str) -> bool {
        self.entries().iter().any(|noted| noted == event)
    }
}

/// What [`Log::on_drop`] gives.
#[derive(Debug)]
#[must_use = "it notes its drop at once"]
pub struct NotesDrop {
    log: Log,
    name: String,
}

impl Drop for NotesDrop {
    fn drop(&mut self) {
        self.log.note(format!("{} dropped", self.name));
    }
}

/// What [`Log::traced`] gives.
#[derive(Debug)]
#[must_use = "futures do nothing until awaited"]
pub struct Traced<F> {
    // Declared, hence dropped, before the name: the note says that the future was dropped.
    future: Pin<Box<F>>,
    name: NotesDrop,
}

impl<F: Future> Future for Traced<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        self.name.log.note(format!("{} polled", self.name.name));
        self.future.as_mut().poll(cx)
    }
}
