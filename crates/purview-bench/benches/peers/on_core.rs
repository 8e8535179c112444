use std::{collections::HashMap, fs, time::Duration};

/// How long each thread of this process has been on a core; nothing where the system does not say.
pub(crate) struct OnCore(HashMap<String, Duration>);

impl OnCore {
    pub(crate) fn now() -> Self {
        let threads = fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
        let times = threads.filter_map(|thread| {
            let stat = fs::read_to_string(thread.path().join("schedstat")).ok()?;
            let nanos = stat.split_whitespace().next()?.parse().ok()?;
            Some((
                thread.file_name().to_string_lossy().into_owned(),
                Duration::from_nanos(nanos),
            ))
        });
        Self(times.collect())
    }

    /// The longest that any one thread has been on a core since `before`.
    pub(crate) fn busiest_since(&self, before: &Self) -> Duration {
        let since = self
            .0
            .iter()
            .map(|(thread, now)| now.saturating_sub(before.0.get(thread).copied().unwrap_or_default()));
        since.max().unwrap_or_default()
    }
}
