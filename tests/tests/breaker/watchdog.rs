use std::{convert::Infallible, panic::resume_unwind, sync::mpsc, thread, time::Duration};

/// What has not ended by then is taken to hang. No result depends on it otherwise.
const HANG: Duration = Duration::from_secs(20);

/// Runs a test on a thread of its own, so that one that hangs fails with its name instead of stopping all the others.
#[track_caller]
pub(crate) fn watched(test: impl FnOnce() + Send + 'static) {
    let (running, ended) = mpsc::channel::<Infallible>();
    let name = thread::current().name().unwrap_or("a test").to_owned();
    let thread = thread::Builder::new()
        .name(name.clone())
        .spawn(move || {
            let _running = running;
            test();
        })
        .expect("a thread");
    if ended.recv_timeout(HANG) == Err(mpsc::RecvTimeoutError::Timeout) {
        panic!("{name} hangs: it has not ended in {HANG:?}");
    }
    if let Err(payload) = thread.join() {
        resume_unwind(payload);
    }
}
