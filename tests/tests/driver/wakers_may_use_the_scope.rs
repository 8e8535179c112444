//! A waker runs in the middle of whatever woke it. It may spawn, cancel, ask and drop handles there, and where it is dropped.

use std::{
    future::pending,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    task::{Wake, Waker},
    time::Duration,
};

use purview::{FailFast, Scope, fail_fast};
use purview_tests::{Gate, Log, by_hand, calling_waker, polled_on_every_runtime};

type Handle = Scope<'static, FailFast<&'static str>>;

/// A scope that waits for `gate`, polled once with a waker that calls `use_it` with the scope's handle when it is
/// woken for the first time; then the gate is opened.
fn woken_scope(
    use_it: impl Fn(Handle) + Send + Sync + 'static,
) -> (bool, Result<usize, purview::ScopeError<&'static str>>) {
    let gate = Gate::new();
    let slot = Arc::new(Mutex::new(None::<Handle>));
    let called = Arc::new(AtomicBool::new(false));
    let waker = calling_waker({
        let (slot, called) = (slot.clone(), called.clone());
        move || {
            let handle = slot.lock().unwrap().take();
            if let Some(handle) = handle {
                called.store(true, SeqCst);
                use_it(handle);
            }
        }
    });
    let mut run = by_hand(fail_fast().run({
        let (gate, slot) = (gate.clone(), slot.clone());
        async move |s: Handle| {
            let task = s.spawn(async move {
                gate.wait().await;
                Ok(7)
            });
            *slot.lock().unwrap() = Some(s);
            Ok(task.await)
        }
    }));
    assert!(run.poll_with(&waker).is_pending());
    gate.open();
    (called.load(SeqCst), run.finish())
}

fn it_may_spawn() {
    let ran = Arc::new(AtomicBool::new(false));
    let seen = ran.clone();
    let (called, outcome) = woken_scope(move |s| {
        let seen = seen.clone();
        drop(s.spawn(async move {
            seen.store(true, SeqCst);
            Ok(())
        }));
    });
    assert!(called && ran.load(SeqCst));
    assert_eq!(outcome.ok(), Some(7));
}

fn it_may_cancel() {
    let (called, outcome) = woken_scope(|s| s.cancel_with("from a waker"));
    assert!(called);
    assert!(outcome.expect_err("it was cancelled").is_cancelled());
}

fn it_may_ask_about_the_scope() {
    let (called, outcome) = woken_scope(|s| {
        assert_eq!((s.len(), s.is_empty(), s.is_cancelled()), (1, false, false));
        assert!(!s.token().child().is_cancelled());
        assert!(s.set_deadline(None).is_ok());
    });
    assert!(called);
    assert_eq!(outcome.ok(), Some(7));
}

fn it_may_drop_the_last_handle() {
    let (called, outcome) = woken_scope(drop);
    assert!(called);
    assert_eq!(outcome.ok(), Some(7));
}

/// The waker of what awaits the task, and that of what awaits the token, are called in the middle of the
/// driver's work.
fn the_wakers_of_tasks_and_tokens_may_do_the_same() {
    let (gate, end) = (Gate::new(), Gate::new());
    let slot = Arc::new(Mutex::new(None::<Handle>));
    let calls = Arc::new(Mutex::new(0));
    let waker = calling_waker({
        let (slot, calls) = (slot.clone(), calls.clone());
        move || {
            let handle = slot.lock().unwrap().clone().expect("the body ran");
            drop(handle.spawn(async { Ok(()) }));
            assert!(handle.len() <= 2);
            handle.cancel_with("from a waker");
            *calls.lock().unwrap() += 1;
        }
    });
    let parts = Arc::new(Mutex::new(None));
    let mut run = by_hand(fail_fast().run({
        let (gate, end, slot, parts) = (gate.clone(), end.clone(), slot.clone(), parts.clone());
        async move |s: Handle| {
            *slot.lock().unwrap() = Some(s.clone());
            let task = s.spawn(async move {
                gate.wait().await;
                Ok(())
            });
            *parts.lock().unwrap() = Some((task, s.token()));
            end.wait().await;
            Ok(())
        }
    }));
    assert!(run.poll_until_idle().is_pending());
    let (task, token) = parts.lock().unwrap().take().expect("the body ran");
    let (mut task, mut fired) = (by_hand(task), by_hand(token.cancelled()));
    assert!(task.poll_with(&waker).is_pending());
    assert!(fired.poll_with(&waker).is_pending());
    gate.open();
    assert!(run.finish().expect_err("it was cancelled").is_cancelled());
    assert!(task.poll().is_ready() && fired.poll().is_ready());
    assert_eq!(*calls.lock().unwrap(), 2, "each was woken once");
}

/// A waker that does something as the last of its clones is dropped.
struct ActsOnDrop<F: Fn() + Send + Sync + 'static>(F);

impl<F: Fn() + Send + Sync + 'static> Wake for ActsOnDrop<F> {
    fn wake(self: Arc<Self>) {}
}

impl<F: Fn() + Send + Sync + 'static> Drop for ActsOnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

fn a_waker_that_is_replaced_may_use_what_was_waited_for_as_it_is_dropped() {
    let (s, _driver) = fail_fast::<&str>().limit(1).open();
    let _place = by_hand(s.permit()).finish();
    let kept = Arc::new(Mutex::new(None));
    let slot = kept.clone();
    let _items = s.produce(1, move |tx| {
        *slot.lock().expect("not poisoned") = Some(Arc::new(tx));
        pending::<Result<(), &str>>()
    });
    let tx = kept
        .lock()
        .expect("not poisoned")
        .take()
        .expect("the producer was made");
    assert!(tx.try_send(1).is_ok());
    let (log, sender, handle) = (Log::new(), tx.clone(), s.clone());
    let waker = || {
        let (log, tx, s) = (log.clone(), sender.clone(), handle.clone());
        Waker::from(Arc::new(ActsOnDrop(move || {
            assert!(tx.try_send(2).is_err(), "it is full");
            drop((by_hand(s.permit()).poll(), by_hand(s.token().cancelled()).poll()));
            drop(s.try_spawn(async { Ok(()) }));
            log.note("used");
        })))
    };
    let task = s.spawn(pending::<Result<(), _>>());
    let (mut reserve, mut send, mut permit) = (by_hand(tx.reserve()), by_hand(tx.send(3)), by_hand(s.permit()));
    let (mut told, mut ended, mut task) = (
        by_hand(handle.token().cancelled()),
        by_hand(s.shutdown(Duration::MAX)),
        by_hand(task),
    );
    for pass in 1..=3 {
        assert!(reserve.poll_with(&waker()).is_pending());
        assert!(send.poll_with(&waker()).is_pending());
        assert!(permit.poll_with(&waker()).is_pending());
        assert!(task.poll_with(&waker()).is_pending());
        if pass == 3 {
            assert!(ended.poll_with(&waker()).is_pending());
        } else {
            assert!(told.poll_with(&waker()).is_pending());
        }
    }
    drop((reserve, send, permit, told, ended, task));
    assert!(log.entries().len() >= 14, "{:?}", log.entries());
}

polled_on_every_runtime!(
    a_waker_that_is_replaced_may_use_what_was_waited_for_as_it_is_dropped,
    it_may_spawn,
    it_may_cancel,
    it_may_ask_about_the_scope,
    it_may_drop_the_last_handle,
    the_wakers_of_tasks_and_tokens_may_do_the_same,
);
