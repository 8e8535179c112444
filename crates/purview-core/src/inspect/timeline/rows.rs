use std::{collections::HashMap, time::Duration};

use super::track::{Task, Tracks};
use crate::{
    cancel::CancelReason,
    inspect::{How, Kind, ScopeId},
    time::Instant,
    tree::{TaskId, TaskInfo},
};

/// What is drawn in one row: a task, or a scope with its body.
pub(super) struct Row {
    pub(super) depth: usize,
    pub(super) label: String,
    pub(super) kind: Kind,
    pub(super) location: Option<String>,
    pub(super) from: Duration,
    pub(super) started: Option<Duration>,
    pub(super) to: Duration,
    /// `None` where it has not ended.
    pub(super) how: Option<How>,
    pub(super) polls: Vec<(Duration, Duration)>,
    pub(super) holds: Vec<(Duration, Duration)>,
    /// When the scope was told to stop, and why.
    pub(super) cut: Option<(Duration, CancelReason)>,
}

/// In the order of the tree, with the task that each is and how long it all took.
pub(super) fn rows(tracks: &Tracks, within: Option<&str>, now: Instant) -> (Vec<Row>, Vec<Option<TaskInfo>>, Duration) {
    let end = last_event(tracks).unwrap_or_else(|| tracks.at(now));
    let mut tasks: HashMap<ScopeId, Vec<&Task>> = HashMap::new();
    for task in &tracks.tasks {
        tasks.entry(task.scope).or_default().push(task);
    }
    let mut scopes: HashMap<Option<TaskId>, Vec<usize>> = HashMap::new();
    for (index, scope) in tracks.scopes.iter().enumerate() {
        scopes.entry(scope.by).or_default().push(index);
    }
    let is_root = |index: &usize| match within {
        Some(name) => tracks.scopes[*index].info.name.as_deref() == Some(name),
        None => tracks.scopes[*index].by.as_ref().is_none_or(|by| !tracks.is_known(*by)),
    };
    let roots: Vec<usize> = (0..tracks.scopes.len()).filter(is_root).collect();
    let (mut rows, mut infos) = (Vec::new(), Vec::new());
    let mut drawn = vec![false; tracks.scopes.len()];
    let mut next: Vec<(usize, Result<usize, &Task>)> = roots.iter().rev().map(|index| (0, Ok(*index))).collect();
    // A loop, not recursion: scopes may nest deeper than the stack.
    while let Some((depth, what)) = next.pop() {
        let runs = |task: &Task| scopes.get(&Some(task.info.id())).cloned().unwrap_or_default();
        match what {
            Err(task) => {
                rows.push(of_task(task, depth, end));
                infos.push(Some(task.info.clone()));
                next.extend(runs(task).into_iter().rev().map(|index| (depth + 1, Ok(index))));
            }
            // One of the name that is looked for may be in another of that name, which began before it.
            Ok(index) if std::mem::replace(&mut drawn[index], true) => {}
            Ok(index) => {
                let inside = tasks.get(&tracks.scopes[index].info.id).cloned().unwrap_or_default();
                let (bodies, others): (Vec<&Task>, Vec<&Task>) =
                    inside.into_iter().partition(|task| task.kind == Kind::Body);
                rows.push(of_scope(tracks, index, &bodies, depth, end));
                infos.push(None);
                next.extend(others.iter().rev().map(|task| (depth + 1, Err(*task))));
                for body in bodies {
                    next.extend(runs(body).into_iter().rev().map(|index| (depth + 1, Ok(index))));
                }
            }
        }
    }
    (rows, infos, end)
}

fn last_event(tracks: &Tracks) -> Option<Duration> {
    let scopes = tracks.scopes.iter().map(|scope| scope.closed);
    let tasks = tracks.tasks.iter().map(|task| Some(task.ended.as_ref()?.0));
    // What has not ended is drawn until now.
    scopes.chain(tasks).collect::<Option<Vec<_>>>()?.into_iter().max()
}

fn of_task(task: &Task, depth: usize, end: Duration) -> Row {
    let to = task.ended.as_ref().map_or(end, |(at, _)| *at);
    Row {
        depth,
        label: task.info.name().to_owned(),
        kind: task.kind,
        location: task.info.location().map(ToString::to_string),
        from: task.spawned,
        started: task.started,
        to,
        how: task.ended.as_ref().map(|(_, how)| how.clone()),
        polls: task.polls.clone(),
        holds: task
            .holds
            .iter()
            .map(|(_, from, until)| (*from, until.unwrap_or(to)))
            .collect(),
        cut: None,
    }
}

fn of_scope(tracks: &Tracks, index: usize, bodies: &[&Task], depth: usize, end: Duration) -> Row {
    let scope = &tracks.scopes[index];
    let body = bodies.first().map(|body| of_task(body, depth, end));
    Row {
        depth,
        label: scope
            .info
            .name
            .clone()
            .unwrap_or_else(|| scope.info.kind.as_str().to_owned()),
        kind: scope.info.kind,
        location: scope.info.location.map(ToString::to_string),
        from: scope.opened,
        started: Some(scope.opened),
        to: scope.closed.unwrap_or(end),
        how: body.as_ref().and_then(|body| body.how.clone()),
        polls: body.as_ref().map_or_else(Vec::new, |body| body.polls.clone()),
        holds: body.map_or_else(Vec::new, |body| body.holds),
        cut: scope.cut.clone(),
    }
}
