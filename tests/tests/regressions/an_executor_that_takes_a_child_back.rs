//! An executor that hands a child to one of its threads, and then says that it has not taken it.
//!
//! Design 4, Ending: "A scope resolves when its body has ended and every child .. has ended"; issue 5: "spawn refused ..
//! the scope resolves with a typed reason and no result is lost or doubled".

use std::{
    pin::Pin,
    sync::{Arc, Mutex, mpsc},
    task::{Context, Poll, Waker},
    thread::{self, JoinHandle},
};

use purview::{BoxFuture, SpawnError, Spawner, fail_fast};
use purview_tests::{Gate, TestClock, by_hand, timer_of, watched};

/// Polls what it is given once on a thread of its own, and refuses while that poll lasts.
#[derive(Clone)]
struct TwoMinds {
    clock: TestClock,
    entered: Arc<Mutex<mpsc::Receiver<()>>>,
    thread: Arc<Mutex<Option<JoinHandle<()>>>>,
    panics: bool,
}

timer_of!(TwoMinds, clock);

impl Spawner for TwoMinds {
    fn spawn(&self, mut future: BoxFuture) -> Result<(), SpawnError> {
        let thread = thread::spawn(move || {
            let _ = future.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        });
        *self.thread.lock().unwrap() = Some(thread);
        self.entered.lock().unwrap().recv().unwrap();
        assert!(!self.panics, "the executor panics after it has taken the child");
        Err(SpawnError::new("no, after all"))
    }

    fn spawn_blocking(&self, _: Box<dyn FnOnce() + Send>) -> Result<(), SpawnError> {
        Err(SpawnError::new("no threads"))
    }
}

/// Says that it is polled, waits in that poll for leave, and is ready when the gate is open.
struct Slow {
    entered: mpsc::Sender<()>,
    leave: Option<mpsc::Receiver<()>>,
    gate: purview_tests::Wait,
}

impl Future for Slow {
    type Output = Result<u8, &'static str>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if let Some(leave) = self.leave.take() {
            self.entered.send(()).unwrap();
            leave.recv().unwrap();
        }
        Pin::new(&mut self.gate).poll(cx).map(|()| Ok(7))
    }
}

fn refused_in_its_poll(panics: bool, ready: bool) {
    let ((entered, enters), (lets, leave)) = (mpsc::channel(), mpsc::channel());
    let executor = TwoMinds {
        clock: TestClock::new(),
        entered: Arc::new(Mutex::new(enters)),
        thread: Arc::default(),
        panics,
    };
    let gate = Gate::new();
    let child = Slow {
        entered,
        leave: Some(leave),
        gate: gate.wait(),
    };
    if ready {
        gate.open();
    }
    let mut run = by_hand(
        fail_fast::<&str>()
            .runtime(executor.clone())
            .run(async |s| Ok(s.spawn_parallel(child).await)),
    );
    assert!(run.poll_until_idle().is_pending(), "its first poll has not ended");
    let wakes = run.wakes();
    lets.send(()).unwrap();
    let thread = executor.thread.lock().unwrap().take();
    thread.unwrap().join().unwrap();
    if !ready {
        let _ = run.poll_until_idle();
        gate.open();
    }
    assert!(run.wakes() > wakes, "the scope is woken when the child has ended");
    assert_eq!(run.finish().ok(), Some(7));
}

// Failed: nothing wakes the scope when the poll that the executor had begun ends.
#[test]
fn one_that_ends_in_that_poll_is_heard_of() {
    watched(|| refused_in_its_poll(false, true));
}

// Failed: the child is not polled again: its waker is the executor's, which has no part in it any more.
#[test]
fn one_that_goes_on_is_polled_in_the_scope() {
    watched(|| refused_in_its_poll(false, false));
}

// Failed: as the first.
#[test]
fn so_where_spawn_panics() {
    watched(|| refused_in_its_poll(true, true));
}
