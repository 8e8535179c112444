//! What runs on another thread may be the last to have a context value, and its destructor is the user's. Section 4: what is
//! started in a scope is waited for until it has ended, and no longer.

use std::{
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
        mpsc::{Receiver, Sender, channel},
    },
    thread,
};

use purview::{context_key, settled, spawn_blocking};
use purview_tests::{Gate, HandExecutor, PanicsOnDrop, by_hand, poll_once, watched};

context_key! { static VALUE: PanicsOnDrop; }

/// For what runs on the other thread.
struct Ends {
    entered: Sender<()>,
    leave: Receiver<()>,
}

impl Ends {
    fn meet(self) {
        self.entered.send(()).unwrap();
        self.leave.recv().unwrap();
    }
}

/// What `start` starts runs on another thread, when the future that started it has been dropped and the value with it.
fn it_is_waited_for_until_it_ends<F>(start: impl FnOnce(Ends) -> F + Send + 'static, run: fn(&HandExecutor))
where
    F: Future<Output: Send> + Send + 'static,
{
    let (executor, gate, dropped) = (HandExecutor::new(), Gate::new(), Arc::new(AtomicBool::new(false)));
    let ((entered, enters), (leaves, leave)) = (channel(), channel());
    let (s, driver) = settled::<()>().runtime(executor.clone()).open();
    let mut driver = by_hand(driver);
    let (wait, was_dropped) = (gate.wait(), dropped.clone());
    s.spawn(async move {
        let inside = start(Ends { entered, leave });
        let mut started = Box::pin(VALUE.scope(PanicsOnDrop("of a value"), inside));
        assert!(poll_once(started.as_mut()).await.is_pending());
        wait.await;
        drop(started);
        was_dropped.store(true, SeqCst);
        pending::<Result<(), ()>>().await
    });
    assert!(driver.poll_until_idle().is_pending());
    let pool = thread::spawn(move || run(&executor));
    enters.recv().unwrap();
    gate.open();
    assert!(driver.poll_until_idle().is_pending());
    assert!(dropped.load(SeqCst));
    s.cancel();
    drop(s);
    assert!(driver.poll_until_idle().is_pending(), "the other thread is in it");
    leaves.send(()).unwrap();
    assert!(pool.join().is_ok(), "the thread of the runtime panicked");
    assert!(driver.finish().is_ok());
}

#[test]
fn nor_does_that_of_a_closure_keep_it() {
    let start = |ends: Ends| spawn_blocking(|| ends.meet());
    watched(move || it_is_waited_for_until_it_ends(start, HandExecutor::run_closure));
}

#[test]
fn nor_does_that_of_a_closure_of_a_scope_inside() {
    let start = |ends: Ends| {
        settled::<()>().run(async |s| {
            drop(s.spawn_blocking(|_| {
                ends.meet();
                Ok(())
            }));
            Ok(())
        })
    };
    watched(move || it_is_waited_for_until_it_ends(start, HandExecutor::run_closure));
}

#[test]
fn nor_does_that_of_a_parallel_child_of_a_scope_inside() {
    let start = |ends: Ends| {
        settled::<()>().run(async |s| {
            drop(s.spawn_parallel(async {
                ends.meet();
                Ok(())
            }));
            Ok(())
        })
    };
    watched(move || it_is_waited_for_until_it_ends(start, HandExecutor::run));
}
