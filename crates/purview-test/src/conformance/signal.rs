use std::{
    future::poll_fn,
    sync::{Arc, Mutex, PoisonError},
    task::{Poll, Wake, Waker},
};

/// Something that has happened, or not yet; set from any thread, awaited in any task.
#[derive(Clone, Debug, Default)]
pub(super) struct Signal {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    set: bool,
    waiting: Vec<Waker>,
}

impl Signal {
    pub(super) fn set(&self) {
        let waiting = self.with(|state| {
            state.set = true;
            std::mem::take(&mut state.waiting)
        });
        waiting.into_iter().for_each(Waker::wake);
    }

    pub(super) fn is_set(&self) -> bool {
        self.with(|state| state.set)
    }

    pub(super) async fn wait(&self) {
        poll_fn(|cx| {
            let waker = cx.waker().clone();
            self.with(|state| {
                if state.set {
                    Poll::Ready(())
                } else {
                    state.waiting.push(waker);
                    Poll::Pending
                }
            })
        })
        .await;
    }

    /// A waker that sets the signal.
    pub(super) fn waker(&self) -> Waker {
        Waker::from(Arc::new(SetsWhenWoken(self.clone())))
    }

    fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Wakes by setting a signal.
#[derive(Default)]
pub(super) struct SetsWhenWoken(pub(super) Signal);

impl Wake for SetsWhenWoken {
    fn wake(self: Arc<Self>) {
        self.0.set();
    }
}
