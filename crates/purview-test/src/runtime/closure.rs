//! Closures that may block, each on a thread of its own.

use std::{sync::Arc, thread, time::Duration};

use super::{
    VirtualRuntime, current,
    drive::contain,
    shared::Shared,
    task::{Closure, TaskId},
};

/// How long the driver stands still for a closure before it continues beside it.
///
/// As long as closures end within it, one thing happens at a time and the schedule can be replayed. One that waits for
/// a task, or spins on its token until some task cancels it, never would.
const HEAD_START: Duration = Duration::from_millis(100);

/// Starts `closure`, and waits for its end if that is near.
pub(super) fn run(shared: &Arc<Shared>, id: TaskId, closure: Closure) {
    let ended = Ended {
        shared: Arc::clone(shared),
        id,
    };
    let runtime = VirtualRuntime::from_shared(Arc::clone(shared));
    let started = thread::Builder::new()
        .name(format!("virtual blocking {}", id.0))
        .spawn(move || {
            let _ended = ended;
            let _current = current::enter(runtime);
            contain(closure);
        });
    if started.is_ok() {
        shared.wait_while(HEAD_START, |state| state.closures.contains(&id));
    }
}

/// Reports the end of a closure, also when its thread could not be started.
struct Ended {
    shared: Arc<Shared>,
    id: TaskId,
}

impl Drop for Ended {
    fn drop(&mut self) {
        self.shared.lock().closures.remove(&self.id);
        self.shared.changed();
    }
}
