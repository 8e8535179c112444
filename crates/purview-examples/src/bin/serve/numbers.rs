use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use metrics::{counter, gauge, histogram};
use purview::{
    CancelReason, TaskInfo,
    inspect::{How, Observer, Report, ScopeId, ScopeInfo, Spawned},
};

/// Counts tasks for whatever recorder of the `metrics` crate is installed, here that of Prometheus.
#[derive(Debug, Default)]
pub(crate) struct Numbers {
    /// Scopes that were told to stop, and when.
    stopping: Mutex<HashMap<ScopeId, Instant>>,
}

impl Observer for Numbers {
    fn spawned(&self, task: &Spawned<'_>) {
        counter!("purview_tasks_spawned_total", "kind" => task.kind.as_str()).increment(1);
        gauge!("purview_tasks_live").increment(1.0);
    }

    fn started(&self, _: &TaskInfo, queued: Duration) {
        histogram!("purview_queue_seconds").record(queued);
    }

    fn polled(&self, _: &TaskInfo, took: Duration) {
        histogram!("purview_poll_seconds").record(took);
    }

    fn ended(&self, _: &TaskInfo, how: &How) {
        gauge!("purview_tasks_live").decrement(1.0);
        match how {
            How::Failed | How::Panicked => counter!("purview_tasks_failed_total").increment(1),
            How::Cancelled(_) => counter!("purview_tasks_cancelled_total").increment(1),
            _ => {}
        }
    }

    fn cut(&self, scope: &ScopeInfo, _: &CancelReason) {
        self.stopping(|stopping| stopping.insert(scope.id, Instant::now()));
    }

    fn closed(&self, scope: &ScopeInfo) {
        if let Some(since) = self.stopping(|stopping| stopping.remove(&scope.id)) {
            histogram!("purview_shutdown_seconds").record(since.elapsed());
        }
    }

    fn reported(&self, _: &Report) {
        counter!("purview_reports_total").increment(1);
    }
}

impl Numbers {
    fn stopping<T>(&self, change: impl FnOnce(&mut HashMap<ScopeId, Instant>) -> T) -> T {
        change(&mut self.stopping.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
