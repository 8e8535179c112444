//! An executor may drop what it was given whenever it likes, in the very wake-up that tells it that there is nothing to do.

use std::{
    future::pending,
    sync::{Arc, Mutex},
    task::Context,
};

use purview::{BoxFuture, CancelReason, SpawnError, Spawner, TaskError, settled};
use purview_tests::{Gate, Log, TestClock, by_hand, calling_waker, polled_on_every_runtime, timer_of};

type Given = Arc<Mutex<Option<BoxFuture>>>;

/// Keeps the last future that it was given.
struct Keeps(TestClock, Given);

timer_of!(Keeps, 0);

impl Spawner for Keeps {
    fn spawn(&self, future: BoxFuture) -> Result<(), SpawnError> {
        *self.1.lock().expect("not poisoned") = Some(future);
        Ok(())
    }

    fn spawn_blocking(&self, _: Box<dyn FnOnce() + Send>) -> Result<(), SpawnError> {
        Err(SpawnError::new("it has no threads"))
    }
}

fn a_child_that_is_cancelled_is_dropped_once_and_says_why() {
    let (given, gate, log) = (Given::default(), Gate::new(), Log::new());
    let child = log.traced("child", pending::<Result<(), ()>>());
    let keeps = Keeps(TestClock::new(), given.clone());
    let mut run = by_hand(settled::<()>().runtime(keeps).run(async |s| {
        let task = s.spawn_parallel(child);
        gate.wait().await;
        task.cancel();
        Ok(task.await)
    }));
    assert!(run.poll_until_idle().is_pending());
    let dropped = given.clone();
    let drops = calling_waker(move || drop(dropped.lock().expect("not poisoned").take()));
    let mut future = given.lock().expect("not poisoned").take().expect("it was given");
    assert!(future.as_mut().poll(&mut Context::from_waker(&drops)).is_pending());
    *given.lock().expect("not poisoned") = Some(future);
    gate.open();
    let ended = run.finish().expect("the body worked").value;
    assert!(matches!(
        ended,
        Err(TaskError::Cancelled(CancelReason::Requested(None)))
    ));
    assert!(given.lock().expect("not poisoned").is_none(), "it was woken");
    assert_eq!(log.entries(), ["child polled", "child dropped"]);
}

polled_on_every_runtime!(a_child_that_is_cancelled_is_dropped_once_and_says_why);
