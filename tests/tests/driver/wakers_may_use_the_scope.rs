//! A waker runs in the middle of whatever woke it. It may spawn, cancel, ask and drop handles there.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering::SeqCst},
};

use purview::{FailFast, Scope, fail_fast};
use purview_tests::{Gate, by_hand, calling_waker, polled_on_every_runtime};

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

polled_on_every_runtime!(
    it_may_spawn,
    it_may_cancel,
    it_may_ask_about_the_scope,
    it_may_drop_the_last_handle,
    the_wakers_of_tasks_and_tokens_may_do_the_same,
);
