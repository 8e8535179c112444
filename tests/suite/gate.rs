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
    /// How often the waiters were woken: a place in the line is good for one round.
    round: usize,
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

    /// Wakes the waiters and does not open.
    pub fn wake(&self) {
        let woken = {
            let mut gate = self.lock();
            gate.round += 1;
            mem::take(&mut gate.waiting)
        };
        woken.into_iter().for_each(Waker::wake);
    }

    /// A future that is ready once the gate is open.
    pub fn wait(&self) -> Wait {
        Wait {
            gate: self.clone(),
            place: None,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("no test panics while it holds the gate")
    }
}

/// What [`Gate::wait`] gives.
#[derive(Debug)]
#[must_use = "futures do nothing until awaited"]
pub struct Wait {
    gate: Gate,
    /// The round, and the place in its line.
    place: Option<(usize, usize)>,
}

impl Future for Wait {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let gate = self.gate.clone();
        let mut gate = gate.lock();
        if gate.open {
            return Poll::Ready(());
        }
        match self.place {
            Some((round, place)) if round == gate.round => gate.waiting[place].clone_from(cx.waker()),
            _ => {
                self.place = Some((gate.round, gate.waiting.len()));
                gate.waiting.push(cx.waker().clone());
            }
        }
        Poll::Pending
    }
}
