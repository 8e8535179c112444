use std::{
    panic::Location,
    sync::{Arc, Weak},
    task::{Context, Poll, Waker},
};

use tracing::{Span, level_filters::LevelFilter};

use super::waker::TaskWaker;
use crate::{
    context::Env,
    tree::{TaskInfo, record::Kind},
};

/// A task as tokio-console sees it: a span of its own, around the one that the program's logs see.
#[derive(Default)]
pub(super) struct Console(State);

#[derive(Default)]
enum State {
    #[default]
    None,
    /// It is made where the task is first polled: the console does not take a name later.
    Unmade(Kind),
    Made(Box<Shown>),
}

struct Shown {
    span: Span,
    /// What the last poll was given, for as long as there is one of it.
    waker: Weak<TaskWaker>,
}

impl Console {
    /// A task's that is spawned here; from its first poll on, where it has no name before.
    pub(super) fn of(task: &TaskInfo, has_name: bool, kind: Kind) -> Self {
        if has_name {
            Self::made(task, kind)
        } else {
            Self::unmade(kind)
        }
    }

    pub(super) fn unmade(kind: Kind) -> Self {
        Self(State::Unmade(kind))
    }

    fn made(task: &TaskInfo, kind: Kind) -> Self {
        let at = task.location();
        let span = tracing::trace_span!(
            target: "tokio::task",
            parent: None,
            "runtime.spawn",
            kind = kind.as_str(),
            task.name = task.name(),
            task.id = task.id().number(),
            loc.file = at.map(Location::file),
            loc.line = at.map(Location::line),
            loc.col = at.map(Location::column),
        );
        Self(if span.is_disabled() {
            State::None
        } else {
            State::Made(Box::new(Shown {
                span,
                waker: Weak::new(),
            }))
        })
    }

    /// For the surroundings of the same task elsewhere.
    pub(super) fn copy(&self) -> Self {
        Self(match &self.0 {
            State::None => State::None,
            State::Unmade(kind) => State::Unmade(*kind),
            State::Made(shown) => State::Made(Box::new(Shown {
                span: shown.span.clone(),
                waker: Weak::new(),
            })),
        })
    }

    /// Before each poll.
    pub(super) fn begin(&mut self, env: &Env) {
        if let State::Unmade(kind) = self.0 {
            let wanted = LevelFilter::current() == LevelFilter::TRACE;
            let task = if wanted { env.named_info() } else { None };
            *self = task.map_or_else(Self::default, |task| Self::made(&task, kind));
        }
    }

    pub(super) fn let_go(&mut self) {
        self.0 = State::None;
    }

    pub(super) fn is_shown(&self) -> bool {
        matches!(self.0, State::Made(_))
    }

    pub(super) fn call<T>(&self, f: impl FnOnce() -> T) -> T {
        match &self.0 {
            State::Made(shown) => shown.span.in_scope(f),
            _ => f(),
        }
    }

    /// Polls in the span, with a waker that tells the console what becomes of it.
    pub(super) fn poll<T>(&mut self, cx: &mut Context<'_>, f: impl FnOnce(&mut Context<'_>) -> Poll<T>) -> Poll<T> {
        let State::Made(shown) = &mut self.0 else { return f(cx) };
        let Some(id) = shown.span.id() else { return f(cx) };
        let known = shown.waker.upgrade().filter(|waker| waker.is_for(cx.waker()));
        let waker = known.unwrap_or_else(|| {
            let new = Arc::new(TaskWaker::new(id.into_u64(), cx.waker().clone()));
            shown.waker = Arc::downgrade(&new);
            new
        });
        let given = Waker::from(waker.clone());
        let polled = shown.span.in_scope(|| f(&mut Context::from_waker(&given)));
        drop(given);
        TaskWaker::tell_count(&waker);
        polled
    }
}
