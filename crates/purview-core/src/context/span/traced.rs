use std::{
    mem,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use tracing::{Span, level_filters::LevelFilter};

#[cfg(feature = "console")]
use super::console::Console;
#[cfg(not(feature = "console"))]
use super::no_console::Console;
use super::{
    Outcome,
    made::{Kind, Made, has_name, make, record},
    outside::{self, Outside},
};
use crate::{
    cancel::CancelReason,
    context::Env,
    tree::{ScopeNode, SpanAround, TaskInfo, record::Kind as TaskKind},
};

/// The span of one task.
#[derive(Default)]
pub(crate) struct TaskSpan {
    state: State,
    console: Console,
}

/// Small, as it is moved in each poll.
#[derive(Default)]
enum State {
    /// It runs in what is current where it is polled.
    #[default]
    None,
    /// It is made where the task is first polled.
    Unmade,
    /// The same of a future of a gather, whose span is below that of the gather.
    UnmadeMember,
    Made(Box<Made>),
}

/// The span that a task is given by the user.
#[derive(Default)]
pub(crate) struct GivenSpan<'a>(pub(super) Option<Box<MakeSpan<'a>>>);

type MakeSpan<'a> = dyn FnOnce(&TaskInfo) -> Span + Send + Sync + 'a;

impl<'a> GivenSpan<'a> {
    pub(crate) fn new(make: impl FnOnce(&TaskInfo) -> Span + Send + Sync + 'a) -> Self {
        Self(Some(Box::new(make)))
    }
}

impl TaskSpan {
    /// Whether anything listens to any span.
    pub(crate) fn is_wanted() -> bool {
        LevelFilter::current() != LevelFilter::OFF
    }

    /// A body's, which has its parent from the first poll on: what builds a scope may not be what polls it.
    pub(crate) fn of_body() -> Self {
        Self {
            state: State::Unmade,
            console: Console::unmade(TaskKind::Body),
        }
    }

    /// That of the task that is being polled, for what it has run on another thread.
    pub(crate) fn here() -> Self {
        if !Self::is_wanted() {
            return Self::default();
        }
        let here = Span::current();
        let outside = if outside::is_own(&here) {
            outside::beyond(&here)
        } else {
            None
        };
        Self::parent(here, outside)
    }

    /// A child's, made where it is spawned. In an open scope it is below the scope's and follows from the one here: the
    /// child may outlive what spawns it. A guest is awaited here, and is below the one here.
    pub(crate) fn of_child(
        task: impl FnOnce() -> TaskInfo,
        scope: &ScopeNode,
        given: GivenSpan<'_>,
        kind: TaskKind,
    ) -> Self {
        if !Self::is_wanted() {
            return Self::default();
        }
        let task = &task();
        let console = Console::of(task, has_name(task, scope), kind);
        let is_guest = kind == TaskKind::Guest;
        let parent = if is_guest { None } else { scope.spans().parent() };
        let Some(parent) = parent else {
            let mut made = make(task, scope, given);
            made.elsewhere = is_guest;
            return made.or(Span::current).shown_by(console);
        };
        let spawner = Span::current();
        let mut made = inside(&parent, || make(task, scope, given));
        made.span.follows_from(&spawner);
        // The driver runs it, and is polled anywhere.
        made.elsewhere = true;
        made.or(|| parent.span.clone()).shown_by(console)
    }

    /// That of a future of a gather, where these have any. It is made where the future is first polled: what the user makes it
    /// with may panic, which is then how the future ends.
    pub(crate) fn of_member(env: &Env) -> Self {
        if !Self::is_wanted() {
            return Self::default();
        }
        let scope = env.scope().expect("a future of a gather is in a scope");
        if scope.spans().parent().is_none() {
            return Self::default();
        }
        let task = env.named_info().expect("looked at its scope above");
        let console = Console::of(&task, has_name(&task, scope), TaskKind::Member);
        Self::new(State::UnmadeMember).shown_by(console)
    }

    fn made_member(scope: &ScopeNode, task: &TaskInfo) -> Self {
        match scope.spans().parent() {
            Some(parent) => inside(&parent, || make(task, scope, GivenSpan::default())).or(|| parent.span.clone()),
            None => Self::default(),
        }
    }

    fn parent(span: Span, outside: Option<Outside>) -> Self {
        if span.is_disabled() || outside::is_of_console(&span) {
            return Self::default();
        }
        Self::new(State::Made(Box::new(Made {
            span,
            elsewhere: outside.is_some(),
            outside,
            kind: Kind::Parent,
            needs_name: false,
        })))
    }

    fn new(state: State) -> Self {
        Self {
            state,
            console: Console::default(),
        }
    }

    fn shown_by(mut self, console: Console) -> Self {
        self.console = console;
        self
    }

    /// For the surroundings of the same task on another thread: these are not given its end.
    pub(in crate::context) fn copy(&self) -> Self {
        let console = self.console.copy();
        let State::Made(made) = &self.state else {
            return Self::default().shown_by(console);
        };
        let kind = match made.kind {
            Kind::Reports => Kind::Copy,
            kind => kind,
        };
        let copy = State::Made(Box::new(Made {
            span: made.span.clone(),
            outside: made.outside.clone(),
            elsewhere: true,
            kind,
            needs_name: made.needs_name,
        }));
        Self::new(copy).shown_by(console)
    }

    /// Before each poll. By the first one the scope has its name.
    pub(crate) fn begin(&mut self, env: &Env) {
        self.console.begin(env);
        match &mut self.state {
            State::None => {}
            State::Unmade => self.state = mem::take(&mut Self::made_at(env, Self::made_here).state),
            State::UnmadeMember => self.state = mem::take(&mut Self::made_at(env, Self::made_member).state),
            State::Made(made) => {
                if mem::take(&mut made.needs_name) {
                    if let Some(task) = env.named_info() {
                        made.span.record("name", task.name());
                    }
                }
            }
        }
    }

    fn made_at(env: &Env, make: impl FnOnce(&ScopeNode, &TaskInfo) -> Self) -> Self {
        if !Self::is_wanted() {
            return Self::default();
        }
        match (env.scope(), env.named_info()) {
            (Some(scope), Some(task)) => make(scope, &task),
            _ => Self::default(),
        }
    }

    fn made_here(scope: &ScopeNode, task: &TaskInfo) -> Self {
        make(task, scope, GivenSpan::default()).or(Span::current)
    }

    /// Runs code of the task's inside the span, which is no poll: the destructor of its future.
    pub(crate) fn run<T>(&self, f: impl FnOnce() -> T) -> T {
        match &self.state {
            State::Made(made) if !made.is_current_parent() => made.inside(f),
            _ => f(),
        }
    }

    /// Calls the task's closure inside the span.
    pub(crate) fn call<T>(&self, f: impl FnOnce() -> T) -> T {
        let is_around = self.is_around();
        self.console.call(|| match &self.state {
            State::Made(made) if !is_around => made.inside(f),
            _ => f(),
        })
    }

    /// Polls the task's future inside the span.
    pub(crate) fn poll<F: Future>(&mut self, fut: Pin<&mut F>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let is_around = self.is_around();
        let Self { state, console } = self;
        console.poll(cx, |cx| match state {
            State::Made(made) if !is_around => made.inside(|| fut.poll(cx)),
            _ => fut.poll(cx),
        })
    }

    /// Whether the span is what is current here, and will be current inside.
    fn is_around(&self) -> bool {
        !self.console.is_shown() && matches!(&self.state, State::Made(made) if made.is_current_parent())
    }

    /// Releases it, where something else is given how the task ended.
    pub(crate) fn close(self) {
        drop(self);
    }

    pub(super) fn end<'a>(mut self, outcome: impl FnOnce() -> Outcome<'a>) {
        if let State::Made(made) = mem::take(&mut self.state) {
            if made.kind == Kind::Reports {
                record(&made.span, &outcome());
            }
        }
    }

    pub(super) fn let_go(&mut self) {
        if !matches!(&self.state, State::Made(made) if made.kind == Kind::Reports) {
            self.state = State::None;
            self.console.let_go();
        }
    }
}

/// There is no outcome of a task that was refused, or whose scope's future was dropped.
impl Drop for TaskSpan {
    fn drop(&mut self) {
        if let State::Made(made) = &self.state {
            if made.kind == Kind::Reports {
                made.span.record("outcome", "cancelled");
            }
        }
    }
}

impl Made {
    /// The task's span, or the parent's where it is disabled.
    fn or(self, parent: impl FnOnce() -> Span) -> TaskSpan {
        if self.span.is_disabled() {
            TaskSpan::parent(parent(), None)
        } else {
            TaskSpan::new(State::Made(Box::new(self)))
        }
    }
}

/// Makes spans below this one.
fn inside<T>(parent: &SpanAround, f: impl FnOnce() -> T) -> T {
    let _entered = outside::Entered::new(&parent.span, parent.outside.as_ref());
    parent.span.in_scope(f)
}

/// Makes the span of an open scope, which its children are below.
pub(crate) fn open_scope(env: &mut Env, scope: &Arc<ScopeNode>) {
    let mut span = TaskSpan::made_at(env, TaskSpan::made_here);
    // It is not polled as its children are.
    span.begin(env);
    if let State::Made(made) = &span.state {
        scope.spans().set_parent(SpanAround {
            span: made.span.clone(),
            outside: made.outside.clone(),
        });
    }
    env.set_span(span);
}

/// The spans of a gather's futures are below the one here, where they have any: where it has a name, or the user makes
/// them.
pub(crate) fn open_gather(scope: &ScopeNode) {
    let has_spans = scope.given_name().is_some() || scope.spans().has_maker();
    if has_spans && TaskSpan::is_wanted() {
        // A span of tokio-console's is none.
        let mut here = TaskSpan::here();
        scope.spans().set_parent(match mem::take(&mut here.state) {
            State::Made(made) => SpanAround {
                span: made.span,
                outside: made.outside,
            },
            _ => SpanAround {
                span: Span::none(),
                outside: None,
            },
        });
    }
}

/// The event that a scope is being cancelled, with the reason.
pub(crate) fn scope_cut(name: Option<&str>, reason: &CancelReason) {
    tracing::debug!(target: "purview", scope = name, %reason, "the scope is cancelled");
}
