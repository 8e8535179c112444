use std::{
    mem,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard},
    task::{Context, Poll, Waker},
};

/// Something to wait for that the test brings about by hand.
#[derive(Clone, Debug, Default)]
pub struct Gate(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    open: bool,
    waiting: Vec<Waker>,
}

impl Gate {
    /// A closed gate.
    pub fn new() -> Self {
        Self::default()
    }

    /// Opens for good and wakes the waiters in the order in which they came.
    pub fn open(&self) {
        self.lock().open = true;
        self.wake();
    }

    /// Wakes the waiters and stays as it is.
    pub fn wake(&self) {
        let woken = mem::take(&mut self.lock().waiting);
        woken.into_iter().for_each(Waker::wake);
    }

    /// A future that is ready once the gate is open.
    pub fn wait(&self) -> Wait {
        Wait(self.clone())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("no test panics while it holds the gate")
    }
}

/// What [`Gate::wait`] gives.
#[derive(Debug)]
#[must_use = "futures do nothing until awaited"]
pub struct Wait(Gate);

impl Future for Wait {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut gate = self.0.lock();
        if gate.open {
            return Poll::Ready(());
        }
        if !gate.waiting.iter().any(|waker| waker.will_wake(cx.waker())) {
            gate.waiting.push(cx.waker().clone());
        }
        Poll::Pending
    }
}
