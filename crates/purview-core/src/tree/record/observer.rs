use std::{
    fmt::{self, Write},
    panic::Location,
    time::Duration,
};

use super::{
    how::{Held, How, Kind},
    one_line::OneLine,
    report::Report,
};
use crate::{
    cancel::CancelReason,
    tree::info::{At, TaskId, TaskInfo},
};

/// The number of a scope or a gather that is recorded. It is unique in the process, but for those of runtimes under test:
/// each of these counts its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ScopeId(pub(crate) u64);

impl fmt::Display for ScopeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Which scope or gather, as an [`Observer`] is told.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ScopeInfo {
    /// Its number.
    pub id: ScopeId,
    /// The name that it was given.
    pub name: Option<String>,
    /// [`Kind::Scope`] or [`Kind::Gather`].
    pub kind: Kind,
    /// Where the program opened it.
    pub location: Option<&'static Location<'static>>,
}

impl fmt::Display for ScopeInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.as_str())?;
        if let Some(name) = &self.name {
            write!(OneLine(&mut *f), " `{name}`")?;
        }
        At(self.location).fmt(f)
    }
}

/// A task that was spawned, as an [`Observer`] is told.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Spawned<'a> {
    /// Which task.
    pub task: &'a TaskInfo,
    /// What it is.
    pub kind: Kind,
    /// The scope that it is in.
    pub scope: &'a ScopeInfo,
    /// The task that spawned it, where one did.
    pub by: Option<TaskId>,
}

/// Is told of what happens to tasks: for metrics, logs and timelines. Given to
/// [`Options::observer`](crate::inspect::Options::observer).
///
/// Every method does nothing by default. They are called on the thread on which the thing happens, never under a lock of
/// this crate, and often: what is slow in them makes the program slow. They may call [`snapshot`](crate::inspect::snapshot), spawn
/// and cancel; what they do so is recorded, and told to no observer.
///
/// A panic in a method goes no further. That observer is told nothing any more, and the others are told once, by
/// [`Report::ObserverPanicked`].
///
/// As the `Instrument` of trio.
///
/// # Examples
///
/// ```
/// # use purview_core as purview;
/// use purview::inspect::{self, How, Observer, Options};
/// use std::sync::atomic::{AtomicU64, Ordering};
///
/// static ENDED: AtomicU64 = AtomicU64::new(0);
///
/// struct Count;
///
/// impl Observer for Count {
///     fn ended(&self, _: &purview::TaskInfo, how: &How) {
///         ENDED.fetch_add(u64::from(*how == How::Returned), Ordering::Relaxed);
///     }
/// }
///
/// inspect::enable(Options::new().observer(Count)).unwrap();
/// purview::block_on(purview::scope(async |s| {
///     s.spawn(async {});
/// }));
/// assert_eq!(ENDED.load(Ordering::Relaxed), 2); // the child and the body
/// ```
#[allow(unused_variables, reason = "what an observer is told, and ignores by default")]
pub trait Observer: Send + Sync {
    /// A scope or a gather was polled for the first time, by this task; or something was spawned in it and it ends without
    /// a poll.
    fn opened(&self, scope: &ScopeInfo, by: Option<&TaskInfo>) {}

    /// A scope or a gather has ended: all that was in it has been dropped.
    fn closed(&self, scope: &ScopeInfo) {}

    /// A task was spawned; of a body and of a future of a gather: it is about to be polled for the first time.
    fn spawned(&self, task: &Spawned<'_>) {}

    /// A task is about to be polled for the first time, or its closure to be run, this long after it was spawned.
    fn started(&self, task: &TaskInfo, queued: Duration) {}

    /// A task was polled.
    fn polled(&self, task: &TaskInfo, took: Duration) {}

    /// A task has ended, and its future has been dropped.
    fn ended(&self, task: &TaskInfo, how: &How) {}

    /// A scope was told to stop.
    fn cut(&self, scope: &ScopeInfo, reason: &CancelReason) {}

    /// A task holds: were it told to stop, it would be polled on, or waited for.
    fn held(&self, task: &TaskInfo, why: Held) {}

    /// A task has released all holds of this kind.
    fn let_go(&self, task: &TaskInfo, why: Held) {}

    /// Something was found that is rarely meant.
    fn reported(&self, report: &Report) {}
}
