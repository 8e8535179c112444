use std::{
    pin::Pin,
    time::{Duration, Instant},
};

use async_io::Timer;

/// Some systems' event queues refuse a wait of centuries as invalid. A timer that is early is asked again.
const FAR_FUTURE: Duration = Duration::from_secs(60 * 60 * 24 * 365);

pub(crate) fn sleep_until(at: Instant) -> Pin<Box<dyn Future<Output = ()> + Send>> {
    let timer = Timer::at(at.min(Instant::now() + FAR_FUTURE));
    Box::pin(async move {
        timer.await;
    })
}
