//! An executor that names its tasks is told the name of a parallel child, and where it was spawned.

use std::{
    fmt,
    pin::Pin,
    sync::{Arc, Mutex},
};

use purview::{
    SpawnError, Spawner, Timer,
    runtime::{BoxFuture, Instant},
    settled,
};
use purview_tests::{HandExecutor, by_hand};

/// Writes down the names of what it is given.
#[derive(Clone, Debug, Default)]
struct Named {
    executor: HandExecutor,
    names: Arc<Mutex<Vec<String>>>,
}

impl Timer for Named {
    fn now(&self) -> Instant {
        self.executor.now()
    }

    fn sleep_until(&self, at: Instant) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        self.executor.sleep_until(at)
    }
}

impl Spawner for Named {
    fn spawn(&self, future: BoxFuture) -> Result<(), SpawnError> {
        self.executor.spawn(future)
    }

    fn spawn_named(&self, name: &dyn fmt::Display, future: BoxFuture) -> Result<(), SpawnError> {
        self.names.lock().unwrap().push(name.to_string());
        self.spawn(future)
    }

    fn spawn_blocking(&self, closure: Box<dyn FnOnce() + Send>) -> Result<(), SpawnError> {
        self.executor.spawn_blocking(closure)
    }
}

#[test]
fn an_executor_is_told_the_name_and_the_place() {
    let executor = Named::default();
    let line = line!();
    let mut run = by_hand(settled::<()>().name("import").runtime(executor.clone()).run(async |s| {
        s.task().name("page").parallel().spawn(async { Ok(()) });
        s.spawn_parallel(async { Ok(()) });
        Ok(())
    }));
    assert!(run.poll_until_idle().is_pending());
    let names = executor.names.lock().unwrap().clone();
    for (name, (told, line)) in ["page", "import/2"].iter().zip(names.iter().zip(line + 2..)) {
        assert!(told.starts_with(&format!("{name} ({}:{line}:", file!())), "{names:?}");
    }
    assert_eq!(names.len(), 2);
    executor.executor.run();
    assert!(run.poll_until_idle().is_ready());
}
