use std::{collections::HashMap, time::Duration};

use crate::{
    cancel::CancelReason,
    inspect::{Held, How, Kind, ScopeId, ScopeInfo, Spawned},
    time::Instant,
    tree::{TaskId, TaskInfo},
};

/// What was recorded of tasks and scopes, in the order in which they began. Times count from the first event.
pub(super) struct Tracks {
    since: Option<Instant>,
    /// Events are counted, instead of time.
    pub(super) in_steps: bool,
    steps: u64,
    pub(super) scopes: Vec<Scope>,
    pub(super) tasks: Vec<Task>,
    scope_at: HashMap<ScopeId, usize>,
    task_at: HashMap<TaskId, usize>,
    pub(super) max_polls: usize,
    polls: usize,
    pub(super) left_out: u64,
}

pub(super) struct Scope {
    pub(super) info: ScopeInfo,
    /// The task that runs it.
    pub(super) by: Option<TaskId>,
    pub(super) opened: Duration,
    pub(super) cut: Option<(Duration, CancelReason)>,
    pub(super) closed: Option<Duration>,
}

pub(super) struct Task {
    pub(super) info: TaskInfo,
    pub(super) kind: Kind,
    pub(super) scope: ScopeId,
    pub(super) spawned: Duration,
    pub(super) started: Option<Duration>,
    pub(super) ended: Option<(Duration, How)>,
    pub(super) polls: Vec<(Duration, Duration)>,
    pub(super) holds: Vec<(Held, Duration, Option<Duration>)>,
}

/// How long an event takes where events are counted.
const STEP: Duration = Duration::from_nanos(1);

impl Default for Tracks {
    fn default() -> Self {
        Self {
            since: None,
            in_steps: false,
            steps: 0,
            scopes: Vec::new(),
            tasks: Vec::new(),
            scope_at: HashMap::new(),
            task_at: HashMap::new(),
            max_polls: 1_000_000,
            polls: 0,
            left_out: 0,
        }
    }
}

impl Tracks {
    /// How long after the first event it is.
    pub(super) fn at(&self, now: Instant) -> Duration {
        if self.in_steps {
            return Duration::from_nanos(self.steps);
        }
        self.since
            .map_or(Duration::ZERO, |since| now.saturating_duration_since(since))
    }

    fn begin(&mut self, now: Instant) -> Duration {
        self.since.get_or_insert(now);
        self.steps += 1;
        self.at(now)
    }

    fn scope(&mut self, at: Duration, info: &ScopeInfo) -> &mut Scope {
        let next = self.scopes.len();
        let index = *self.scope_at.entry(info.id).or_insert(next);
        if index == next {
            self.scopes.push(Scope {
                info: info.clone(),
                by: None,
                opened: at,
                cut: None,
                closed: None,
            });
        }
        &mut self.scopes[index]
    }

    fn task(&mut self, info: &TaskInfo) -> Option<&mut Task> {
        let index = *self.task_at.get(&info.id())?;
        self.tasks.get_mut(index)
    }

    pub(super) fn is_known(&self, task: TaskId) -> bool {
        self.task_at.contains_key(&task)
    }

    pub(super) fn opened(&mut self, now: Instant, info: &ScopeInfo, by: Option<&TaskInfo>) {
        let at = self.begin(now);
        self.scope(at, info).by = by.map(TaskInfo::id);
    }

    pub(super) fn closed(&mut self, now: Instant, info: &ScopeInfo) {
        let at = self.begin(now);
        let scope = self.scope(at, info);
        scope.closed = Some(at);
    }

    pub(super) fn cut(&mut self, now: Instant, info: &ScopeInfo, reason: &CancelReason) {
        let at = self.begin(now);
        self.scope(at, info).cut.get_or_insert_with(|| (at, reason.clone()));
    }

    pub(super) fn spawned(&mut self, now: Instant, spawned: &Spawned<'_>) {
        let at = self.begin(now);
        self.scope(at, spawned.scope);
        self.task_at.insert(spawned.task.id(), self.tasks.len());
        self.tasks.push(Task {
            info: spawned.task.clone(),
            kind: spawned.kind,
            scope: spawned.scope.id,
            spawned: at,
            started: None,
            ended: None,
            polls: Vec::new(),
            holds: Vec::new(),
        });
    }

    pub(super) fn started(&mut self, now: Instant, task: &TaskInfo) {
        let at = self.begin(now);
        if let Some(task) = self.task(task) {
            task.started.get_or_insert(at);
        }
    }

    pub(super) fn polled(&mut self, now: Instant, task: &TaskInfo, took: Duration) {
        let (at, in_steps) = (self.begin(now), self.in_steps);
        if self.polls >= self.max_polls {
            self.left_out += 1;
        } else if let Some(task) = self.task(task) {
            task.polls
                .push((at.saturating_sub(if in_steps { STEP } else { took }), at));
            self.polls += 1;
        }
    }

    pub(super) fn ended(&mut self, now: Instant, task: &TaskInfo, how: &How) {
        let at = self.begin(now);
        if let Some(task) = self.task(task) {
            task.ended.get_or_insert_with(|| (at, how.clone()));
        }
    }

    pub(super) fn held(&mut self, now: Instant, task: &TaskInfo, why: Held) {
        let at = self.begin(now);
        if let Some(task) = self.task(task) {
            task.holds.push((why, at, None));
        }
    }

    pub(super) fn let_go(&mut self, now: Instant, task: &TaskInfo, why: Held) {
        let at = self.begin(now);
        let open = |hold: &&mut (Held, Duration, Option<Duration>)| hold.0 == why && hold.2.is_none();
        if let Some(hold) = self.task(task).and_then(|task| task.holds.iter_mut().rev().find(open)) {
            hold.2 = Some(at);
        }
    }
}
