//! What a task is seen to wait for, by the list that test runtimes keep.

use std::{
    pin::pin,
    sync::Arc,
    task::{Context, Waker},
    time::{Duration, Instant},
};

use futures::future::{join, join3};
use purview_core::{
    Embedded,
    census::{Census, LiveTask, Wait},
    scope, settled, sleep_until,
};

/// The tasks of the only scope, after one poll.
fn tasks_of<F: Future>(run: F) -> Vec<LiveTask> {
    let census = Census::default();
    let _installed = census.install(Arc::new(Embedded));
    let mut run = pin!(run);
    assert!(run.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    let mut scopes = census.scopes();
    assert_eq!(scopes.len(), 1);
    scopes.remove(0).tasks
}

#[test]
fn what_a_task_waits_for_twice_is_listed_once() {
    let at = Instant::now() + Duration::from_secs(3600);
    let later = at + Duration::from_secs(1);
    let tasks = tasks_of(scope(async |_| {
        join3(sleep_until(at), sleep_until(later), sleep_until(at)).await;
    }));
    let waits: Vec<_> = tasks.iter().flat_map(|task| &task.waits).collect();
    assert!(
        matches!(waits[..], [Wait::Until(one), Wait::Until(other)] if (*one, *other) == (at, later)),
        "{waits:?}"
    );
}

#[test]
fn waiting_for_the_end_of_two_scopes_is_waiting_twice() {
    let open = |name| settled::<()>().name(name).open();
    let ((a, _a), (b, _b)) = (open("a"), open("b"));
    let tasks = tasks_of(scope(async |_| {
        let (hour, minute) = (Duration::from_secs(3600), Duration::from_secs(60));
        join(join(a.shutdown(hour), b.shutdown(hour)), a.shutdown(minute)).await;
    }));
    let names: Vec<_> = tasks
        .iter()
        .flat_map(|task| &task.waits)
        .map(|wait| match wait {
            Wait::End { scope, .. } => scope.as_deref(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(names, [Some("a"), Some("b")]);
}
