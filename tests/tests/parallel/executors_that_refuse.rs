//! Where the executor refuses a child, the child runs in the scope's task: refusing is no failure.

use purview::{BoxFuture, SpawnError, Spawner, fail_fast, settled};
use purview_tests::{HandExecutor, PollCount, TestClock, by_hand, timer_of, yields};

#[test]
fn by_saying_so() {
    let executor = HandExecutor::new();
    executor.refuse();
    let mut run = by_hand(fail_fast::<&str>().runtime(executor.clone()).run(async |s| {
        let tasks = [1, 2, 3].map(|i| {
            s.spawn_parallel(async move {
                yields(i).await;
                Ok(i)
            })
        });
        let mut sum = 0;
        for task in tasks {
            sum += task.await;
        }
        Ok(sum)
    }));
    assert_eq!(run.finish().unwrap(), 6);
    assert_eq!(executor.futures(), 0);
}

/// Takes every other future.
struct Capricious(HandExecutor, PollCount);

timer_of!(Capricious, 0);

impl Spawner for Capricious {
    fn spawn(&self, future: BoxFuture) -> Result<(), SpawnError> {
        self.1.add_one();
        if self.1.get() % 2 == 0 {
            return Err(SpawnError::new("not this one"));
        }
        self.0.spawn(future)
    }

    fn spawn_blocking(&self, closure: Box<dyn FnOnce() + Send>) -> Result<(), SpawnError> {
        self.0.spawn_blocking(closure)
    }
}

#[test]
fn now_and_then() {
    let (executor, asked) = (HandExecutor::new(), PollCount::new());
    let runtime = Capricious(executor.clone(), asked.clone());
    let mut run = by_hand(settled::<&str>().runtime(runtime).run(async |s| {
        let tasks: Vec<_> = (0..10).map(|i| s.spawn_parallel(async move { Ok(i) })).collect();
        let mut values = Vec::new();
        for task in tasks {
            values.push(task.await.unwrap());
        }
        Ok(values)
    }));
    assert!(run.poll_until_idle().is_pending());
    assert_eq!((asked.get(), executor.futures()), (10, 5), "each is offered once");
    executor.run();
    assert_eq!(run.finish().unwrap().value, (0..10).collect::<Vec<_>>());
}

/// Panics when it is given something.
struct Panics(TestClock);

timer_of!(Panics, 0);

impl Spawner for Panics {
    fn spawn(&self, _: BoxFuture) -> Result<(), SpawnError> {
        panic!("no executor here")
    }

    fn spawn_blocking(&self, _: Box<dyn FnOnce() + Send>) -> Result<(), SpawnError> {
        panic!("no threads here")
    }
}

#[test]
fn by_panicking() {
    let mut run = by_hand(
        fail_fast::<&str>()
            .runtime(Panics(TestClock::new()))
            .run(async |s| Ok(s.spawn_parallel(async { Ok(7) }).await)),
    );
    assert_eq!(run.finish().unwrap(), 7);
}
