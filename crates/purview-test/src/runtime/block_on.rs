//! Driving the runtime from outside.

use std::{
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::Arc,
    task::{Context, Poll},
};

use super::{
    Stalled, VirtualRuntime, current, drive,
    shared::Shared,
    task::{TaskId, Work},
};

impl VirtualRuntime {
    /// Runs `future` to its end, and spawned work beside it. What has not ended by then is kept for the next call.
    ///
    /// Scopes, `sleep` and `timeout` inside use this runtime, where they name no other.
    ///
    /// # Panics
    ///
    /// When the program is stuck, with the text of [`Stalled`]. When `future` panics, with its payload. When the
    /// runtime is being driven already.
    #[track_caller]
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        match self.try_block_on(future) {
            Ok(output) => output,
            Err(stalled) => panic!("{stalled}"),
        }
    }

    /// Runs `future` to its end, or until it is stuck.
    ///
    /// # Errors
    ///
    /// [`Stalled`] when every task waits and no timer is armed, or the program takes too many steps; `future` has been
    /// dropped then.
    ///
    /// # Panics
    ///
    /// When `future` panics, with its payload. When the runtime is being driven already.
    #[track_caller]
    pub fn try_block_on<F: Future>(&self, future: F) -> Result<F::Output, Stalled> {
        let driving = Driving::enter(self);
        let root = self.shared.lock().insert(Arc::downgrade(&self.shared), Work::Root);
        let _root = Root {
            shared: &self.shared,
            id: root,
        };
        let mut future = Box::pin(future);
        let mut output = None;
        let driven = catch_unwind(AssertUnwindSafe(|| {
            drive::drive(&self.shared, Some(root), |cx| {
                future.as_mut().poll(cx).map(|value| output = Some(value))
            })
        }));
        if output.is_some() {
            drop(future);
        } else {
            // What is to be reported is why it did not end. While a panic unwinds a second one would abort the process.
            drive::discard(future);
        }
        drop(driving);
        match driven {
            Ok(Ok(())) => Ok(output.expect("the driver returns once the root has given its output")),
            Ok(Err(stalled)) => Err(stalled),
            Err(payload) => resume_unwind(payload),
        }
    }

    /// Runs spawned work until no task is ready, without moving the clock. Closures that have been started are waited
    /// for, for 1 s of real time.
    ///
    /// # Panics
    ///
    /// When the runtime is being driven already.
    #[track_caller]
    pub fn run_until_stalled(&self) {
        let _driving = Driving::enter(self);
        drive::drive(&self.shared, None, |_: &mut Context<'_>| Poll::Pending)
            .expect("without a root nothing is missed");
    }

    /// Drops everything that was spawned and has not ended, and refuses what is spawned later.
    ///
    /// A closure that has been started runs on to its end, on its thread.
    pub fn shutdown(&self) {
        let tasks = {
            let mut state = self.shared.lock();
            state.shut_down = true;
            state.tasks.remove_spawned()
        };
        tasks.into_iter().for_each(drive::discard);
    }
}

/// A thread that drives the runtime, until it is dropped.
struct Driving<'a> {
    shared: &'a Shared,
    _current: current::Entered,
}

impl<'a> Driving<'a> {
    #[track_caller]
    fn enter(runtime: &'a VirtualRuntime) -> Self {
        let driven = std::mem::replace(&mut runtime.shared.lock().driven, true);
        assert!(
            !driven,
            "this virtual runtime is being driven already: await the future instead of blocking on it"
        );
        Self {
            shared: &runtime.shared,
            _current: current::enter(runtime.clone()),
        }
    }
}

impl Drop for Driving<'_> {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.driven = false;
        state.polling = None;
    }
}

/// The entry of the root among the tasks, until it is dropped.
struct Root<'a> {
    shared: &'a Shared,
    id: TaskId,
}

impl Drop for Root<'_> {
    fn drop(&mut self) {
        let root = self.shared.lock().tasks.remove(self.id);
        drop(root);
    }
}
