use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Instant,
};

use purview::{BoxFuture, SpawnError, Spawner, Timer};
use purview_tests::PanicsOnDrop;

/// Its timers never fire, and panic when they are dropped.
pub(crate) struct BadTimers;

struct BadTimer(#[allow(dead_code)] PanicsOnDrop);

impl Future for BadTimer {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        Poll::Pending
    }
}

impl Timer for BadTimers {
    fn now(&self) -> Instant {
        Instant::now()
    }

    fn sleep_until(&self, _: Instant) -> BoxFuture {
        Box::pin(BadTimer(PanicsOnDrop("the timer's destructor")))
    }
}

impl Spawner for BadTimers {
    fn spawn(&self, _: BoxFuture) -> Result<(), SpawnError> {
        Err(SpawnError::new("no"))
    }

    fn spawn_blocking(&self, _: Box<dyn FnOnce() + Send>) -> Result<(), SpawnError> {
        Err(SpawnError::new("no"))
    }
}
