use std::{fs, path::PathBuf, time::Duration};

/// The processor time of one thread.
#[derive(Clone, Debug)]
pub(crate) struct ThreadClock(PathBuf);

impl ThreadClock {
    /// That of the thread that calls this.
    pub(crate) fn here() -> Self {
        let me = fs::read_link("/proc/thread-self").expect("Linux says which thread runs");
        Self(PathBuf::from("/proc").join(me).join("schedstat"))
    }

    /// How long it has run.
    pub(crate) fn read(&self) -> Duration {
        let text = fs::read_to_string(&self.0).expect("Linux says how long a thread has run");
        let nanos = text.split_whitespace().next().and_then(|nanos| nanos.parse().ok());
        Duration::from_nanos(nanos.expect("a number of nanoseconds"))
    }
}
