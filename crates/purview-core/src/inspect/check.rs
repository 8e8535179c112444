//! The audit: what a look at the tree shows that is rarely meant.

use std::{
    fmt::Write,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use super::{Holder, Kind, Node, Queued, Report, Snapshot, State, tree::Source};
use crate::tree::{
    At, TaskInfo,
    record::{Rare, Recorder, recorder},
};

/// Looks at the live scopes and tasks now, as many as a snapshot [shows](super::Options::max_nodes), and reports what
/// [`Options`](super::Options) asks for: to the observers, to `tracing` where that feature is on, and to the caller.
///
/// [`Options::check_every`](super::Options::check_every) starts a thread that calls it again and again. A report is repeated
/// by later checks for as long as it is true: that of a slow poll once a second, that of a task or a scope once in each of
/// the times that its option gives.
///
/// # Examples
///
/// ```
/// # use purview_core as purview;
/// use purview::inspect::{self, Options, Report};
/// use std::time::Duration;
///
/// inspect::enable(Options::new().lost_waker(Duration::ZERO)).unwrap();
/// let reports = purview::block_on(purview::scope(async |s| {
///     s.task().name("stuck").daemon().spawn(std::future::pending::<()>());
///     purview::checkpoint().await;
///     inspect::check()
/// }));
/// assert!(matches!(&reports[..], [Report::LostWaker { task, .. }] if task.name() == "stuck"));
/// ```
pub fn check() -> Vec<Report> {
    recorder().map_or_else(Vec::new, |recorder| check_all(&recorder))
}

pub(super) fn check_all(recorder: &Arc<Recorder>) -> Vec<Report> {
    let (tree, sources) = Snapshot::with_sources(recorder);
    let check = Check {
        recorder,
        tree: &tree,
        sources: &sources,
    };
    let reports = check.reports();
    for report in &reports {
        recorder.report(report);
    }
    reports
}

struct Check<'a> {
    recorder: &'a Recorder,
    tree: &'a Snapshot,
    sources: &'a [Option<Source>],
}

impl Check<'_> {
    fn reports(&self) -> Vec<Report> {
        let nodes = self.tree.nodes().iter().zip(self.sources).enumerate();
        let sourced = nodes.filter_map(|(index, (node, source))| Some((index, node, source.as_ref()?)));
        sourced
            .flat_map(|(index, node, source)| {
                let of_scope = self.held_up(index, node, source);
                let of_task = node.task().map(|task| {
                    [
                        self.slow_poll(node, task, source),
                        self.not_polled_again(node, task, source),
                        self.lost_waker(node, task, source),
                    ]
                });
                of_scope.into_iter().chain(of_task.into_iter().flatten().flatten())
            })
            .collect()
    }

    fn slow_poll(&self, node: &Node, task: &TaskInfo, source: &Source) -> Option<Report> {
        let (State::Polled(took), Some(slow)) = (node.state, self.recorder.options.slow_poll) else {
            return None;
        };
        if took < slow {
            return None;
        }
        let now = self.recorder.now();
        let others = source.note(|rare| rare.is_slow_again(now))?;
        Some(Report::SlowPoll {
            task: task.clone(),
            took,
            ended: false,
            others,
        })
    }

    fn not_polled_again(&self, node: &Node, task: &TaskInfo, source: &Source) -> Option<Report> {
        let after = self.recorder.options.not_polled_again?;
        let stopping = node.stopping.as_ref()?;
        let since = stopping.since?;
        if since < after || !node.is_deaf() || node.runs_scope {
            return None;
        }
        source.note(|rare| again(&mut rare.deaf_reported, since, after))?;
        Some(Report::NotPolledAgain {
            task: task.clone(),
            reason: stopping.reason.clone(),
            since,
        })
    }

    fn lost_waker(&self, node: &Node, task: &TaskInfo, source: &Source) -> Option<Report> {
        let after = self.recorder.options.lost_waker?;
        let State::Idle(idle) = node.state else { return None };
        if idle < after || node.wakers != Some(0) || !node.waits.is_empty() || node.runs_scope {
            return None;
        }
        // Polled since, it may have another waker than the one that was counted.
        source.task.as_ref().filter(|task| task.polls() == node.polls)?;
        source.note(|rare| again(&mut rare.lost_reported, idle, after))?;
        Some(Report::LostWaker {
            task: task.clone(),
            idle,
        })
    }

    fn held_up(&self, index: usize, node: &Node, source: &Source) -> Option<Report> {
        if source.task.is_some() {
            return None;
        }
        let after = self.recorder.options.held_up?;
        let stopping = node.stopping.as_ref()?;
        let since = stopping.since.filter(|since| *since >= after)?;
        let mut reported = source.record.reported.load(Ordering::Relaxed);
        again(&mut reported, since, after)?;
        source.record.reported.store(reported, Ordering::Relaxed);
        let mut scope = String::new();
        // Writing to a string cannot fail.
        let _ = node.write_title(&mut scope);
        let _ = write!(scope, "{}", At(node.location));
        Some(Report::HeldUp {
            scope,
            reason: stopping.reason.clone(),
            since,
            by: self.holders(index),
        })
    }

    /// The tasks below that end no earlier than the scope: those that run no scope themselves.
    fn holders(&self, scope: usize) -> Vec<Holder> {
        let depth = self.tree.nodes()[scope].depth;
        let below = self.tree.nodes()[scope + 1..]
            .iter()
            .take_while(|node| node.depth > depth);
        let leaves = below.filter(|node| !node.runs_scope && !is_waiting_finalizer(node));
        leaves
            .filter_map(|node| {
                Some(Holder {
                    task: node.task()?.clone(),
                    kind: node.kind,
                    state: node.state.to_string(),
                    why: node.holding.first().map(|holding| holding.why),
                })
            })
            .take(MOST_HOLDERS)
            .collect()
    }
}

/// So many are named in one report.
const MOST_HOLDERS: usize = 32;

/// Finalizers run when all others have ended: they are not what holds these up.
fn is_waiting_finalizer(node: &Node) -> bool {
    node.kind == Kind::Finalizer && matches!(node.state, State::Queued(Queued::Turn))
}

impl Source {
    /// Notes something of the task.
    fn note<T>(&self, note: impl FnOnce(&mut Rare) -> Option<T>) -> Option<T> {
        self.task.as_ref().filter(|task| !task.has_ended())?.note(note)
    }
}

/// Whether what has lasted for `since` is to be reported again: once in each time of `after`. The count of what was
/// reported is kept in `reported`.
fn again(reported: &mut u64, since: Duration, after: Duration) -> Option<u64> {
    let times = since.as_nanos() / after.as_nanos().max(1);
    let times = u64::try_from(times).unwrap_or(u64::MAX).saturating_add(1);
    (times > std::mem::replace(reported, times.max(*reported))).then_some(times)
}
