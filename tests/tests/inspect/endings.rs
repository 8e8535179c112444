//! Each task that observers are told of is told to have ended, once its future has been dropped, and is then shown no more.

use std::{
    future::ready,
    sync::{Arc, Mutex, PoisonError},
};

use purview::{
    RejectReason, Scope, Settled, TaskInfo,
    inspect::{How, Observer, Options, Spawned},
    settled,
};
use purview_tests::{HandExecutor, Log, NotesDrop, by_hand};

use crate::{inspected, never};

/// What is done as a task is spawned.
type Act = Box<dyn FnOnce() + Send>;

/// Notes the ends of tasks, and does something as the next one is spawned.
#[derive(Clone, Default)]
struct Acts {
    log: Log,
    act: Arc<Mutex<Option<Act>>>,
}

impl Acts {
    fn at_the_next(&self, act: impl FnOnce() + Send + 'static) {
        *self.act.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(act));
    }
}

impl Observer for Acts {
    fn spawned(&self, _: &Spawned<'_>) {
        let act = self.act.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(act) = act {
            act();
        }
    }

    fn ended(&self, task: &TaskInfo, how: &How) {
        self.log.note(format!("{} {how}", task.name()));
    }
}

type Service = Scope<'static, Settled<()>>;

/// Does nothing, and notes its drop.
async fn work(guard: NotesDrop) -> Result<(), ()> {
    let _guard = guard;
    ready(Ok(())).await
}

/// Spawns into a scope that is closed, or cancelled, just as the task has been made: it leaves nothing behind. Gives what was
/// told meanwhile.
#[track_caller]
fn told(stop: fn(&Service), spawn: impl FnOnce(&Service, NotesDrop)) -> Vec<String> {
    let acts = Acts::default();
    let (inspector, _installed, _clock) = inspected(Options::new().observer(acts.clone()));
    let (service, driver) = settled::<()>().limit(2).open();
    let mut driver = by_hand(driver);
    service.task().name("first").spawn(never());
    assert!(driver.poll_until_idle().is_pending());
    let stopped = service.clone();
    acts.at_the_next(move || stop(&stopped));
    spawn(&service, acts.log.on_drop("work"));
    let told = acts.log.entries();
    assert_eq!(service.len(), 1);
    let tree = inspector.snapshot();
    assert!(tree.find("refused").is_none(), "{tree}");
    service.cancel();
    assert!(driver.finish().is_ok());
    told
}

const DROPPED: &str = "work dropped";
const REFUSED: &str = "refused cancelled: the scope has ended";
const STOPS: [fn(&Service); 2] = [Scope::close, Scope::cancel];

#[test]
fn a_child_of_a_scope_that_is_stopped_as_it_is_made_is_told_once_it_was_dropped() {
    for stop in STOPS {
        let told = told(stop, |s, guard| {
            let task = s.task().name("refused").spawn(work(guard));
            assert!(by_hand(task).finish().is_err());
        });
        assert_eq!(told, [DROPPED, REFUSED]);
    }
}

#[test]
fn so_is_a_parallel_child() {
    for stop in STOPS {
        let told = told(stop, |s, guard| {
            let task = s.task().name("refused").parallel().spawn(work(guard));
            assert!(by_hand(task).finish().is_err());
        });
        assert_eq!(told, [DROPPED, REFUSED]);
    }
}

#[test]
fn so_is_a_closure() {
    for stop in STOPS {
        let told = told(stop, |s, guard| {
            let task = s.task().name("refused").spawn_blocking(move |_| {
                drop(guard);
                Ok(())
            });
            assert!(by_hand(task).finish().is_err());
        });
        assert_eq!(told, [DROPPED, REFUSED]);
    }
}

#[test]
fn a_child_that_is_given_back_is_told_before() {
    let told = told(Scope::close, |s, guard| {
        let rejected = s.task().name("refused").try_spawn(work(guard));
        assert_eq!(*rejected.expect_err("it is closed").reason(), RejectReason::Ended);
    });
    assert_eq!(told, [REFUSED, DROPPED]);
}

#[test]
fn so_is_a_guest() {
    let told = told(Scope::close, |s, guard| {
        let rejected = s.task().name("refused").try_enter(work(guard));
        assert_eq!(*rejected.expect_err("it is closed").reason(), RejectReason::Ended);
    });
    assert_eq!(told, [REFUSED, DROPPED]);
}

#[test]
fn a_child_that_is_being_polled_elsewhere_as_its_scope_is_dropped_is_told_as_cancelled() {
    let acts = Acts::default();
    let (inspector, _installed, _clock) = inspected(Options::new().observer(acts.clone()));
    let executor = HandExecutor::new();
    let run: Arc<Mutex<Option<Box<dyn Send>>>> = Arc::default();
    let dropped = run.clone();
    let mut scope = by_hand(
        settled::<()>()
            .name("run")
            .runtime(executor.clone())
            .run(async move |s| {
                s.task().name("child").parallel().spawn(async move {
                    let run = dropped.lock().unwrap_or_else(PoisonError::into_inner).take();
                    drop(run);
                    Ok(())
                });
                never::<()>().await
            }),
    );
    assert!(scope.poll_until_idle().is_pending());
    *run.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(scope));
    assert!(executor.run_one());
    assert_eq!(
        acts.log.entries(),
        [
            "run cancelled: cancelled on request: the scope's future was dropped",
            "child cancelled: the scope has ended"
        ]
    );
    assert!(inspector.snapshot().nodes().is_empty());
}
