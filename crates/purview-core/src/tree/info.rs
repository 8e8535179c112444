use std::{
    borrow::Cow,
    fmt,
    panic::Location,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
};

use crate::stack::with_room;

/// The number of a task, unique in the process and rising with the order of spawning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TaskId(u64);

impl TaskId {
    /// What runs outside of all scopes is no task.
    pub(crate) const NONE: Self = Self(0);

    pub(crate) fn next() -> Self {
        static LAST: AtomicU64 = AtomicU64::new(0);
        Self(LAST.fetch_add(1, Ordering::Relaxed) + 1)
    }

    #[cfg(feature = "console")]
    pub(crate) fn number(self) -> u64 {
        self.0
    }
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Which task: a number, and a name that is never empty.
///
/// A task without a name of its own is named after its scope and its place in it, `import/3`; a scope without a name
/// after the task it runs in. Outside of all names it is `task-3`, and a scope's body `body`.
#[derive(Clone)]
pub struct TaskInfo {
    id: TaskId,
    label: Label,
    /// Made when first asked for, so that an unnamed child costs no allocation. A box of a box, because it is rarely there.
    text: OnceLock<Box<Text>>,
    at: Option<&'static Location<'static>>,
}

#[derive(Clone)]
struct Text(Box<str>);

#[derive(Clone)]
enum Label {
    Static(&'static str),
    Shared(Arc<str>),
    Numbered(Arc<Naming>, u64),
    Body(Arc<Naming>),
    Finalizer(Arc<Naming>),
}

impl TaskInfo {
    pub(crate) fn named(id: TaskId, name: Cow<'static, str>) -> Self {
        let label = match name {
            Cow::Borrowed(name) => Label::Static(name),
            Cow::Owned(name) => Label::Shared(name.into()),
        };
        Self::new(id, label)
    }

    /// The `number`th task of a scope, counted from 1, where it has no name of its own.
    pub(crate) fn numbered(id: TaskId, scope: &Arc<Naming>, number: u64) -> Self {
        Self::new(id, Label::Numbered(scope.clone(), number))
    }

    pub(crate) fn body(id: TaskId, scope: &Arc<Naming>) -> Self {
        Self::new(id, Label::Body(scope.clone()))
    }

    pub(crate) fn finalizer(id: TaskId, scope: &Arc<Naming>) -> Self {
        Self::new(id, Label::Finalizer(scope.clone()))
    }

    fn new(id: TaskId, label: Label) -> Self {
        Self {
            id,
            label,
            text: OnceLock::new(),
            at: None,
        }
    }

    /// The same task, which was spawned there.
    pub(crate) fn located(self, at: Option<&'static Location<'static>>) -> Self {
        Self { at, ..self }
    }

    /// The task's number.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// purview::block_on(purview::scope(async |s| {
    ///     let task = s.spawn(async { purview::current().unwrap().id() });
    ///     let id = task.id();
    ///     assert_eq!(task.await, id);
    /// }));
    /// ```
    pub fn id(&self) -> TaskId {
        self.id
    }

    /// The task's name.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// let error = purview::block_on(purview::gather([async { Err::<(), _>("no route") }]).name("ping")).unwrap_err();
    /// assert_eq!(error.failures()[0].task.name(), "ping/0");
    /// ```
    pub fn name(&self) -> &str {
        let given = match &self.label {
            Label::Static(name) => name,
            Label::Shared(name) => &**name,
            Label::Numbered(..) | Label::Body(_) | Label::Finalizer(_) => "",
        };
        if given.is_empty() {
            &self.text.get_or_init(|| Box::new(Text(self.default_name().into()))).0
        } else {
            given
        }
    }

    /// Where the task was spawned, in the program's own source: the call of `spawn` or one of its relatives; for a body
    /// that of `scope` or `run`, for a future of a gather that of `gather`.
    ///
    /// `None` where no scope has spawned it.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// let line = purview::block_on(purview::scope(async |s| {
    ///     s.spawn(async { purview::current().unwrap().location().unwrap().line() }).await
    /// }));
    /// assert_eq!(line, line!() - 2);
    /// ```
    pub fn location(&self) -> Option<&'static Location<'static>> {
        self.at
    }

    /// Displayed, its name and where it was spawned.
    pub(crate) fn with_location(&self) -> impl fmt::Display + '_ {
        WithLocation(self)
    }

    fn default_name(&self) -> String {
        match &self.label {
            Label::Numbered(scope, number) => match scope.prefix() {
                Some(prefix) => format!("{prefix}/{number}"),
                None => format!("task-{number}"),
            },
            Label::Body(scope) => scope.prefix().unwrap_or("body").to_owned(),
            Label::Finalizer(scope) => match scope.prefix() {
                Some(prefix) => format!("{prefix}/finalizer"),
                None => "finalizer".to_owned(),
            },
            // An empty name was given.
            Label::Static(_) | Label::Shared(_) => format!("task-{}", self.id),
        }
    }
}

struct WithLocation<'a>(&'a TaskInfo);

impl fmt::Display for WithLocation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.0.name(), At(self.0.at))
    }
}

/// A place in parentheses, after a name; nothing where it is not known.
pub(crate) struct At(pub(crate) Option<&'static Location<'static>>);

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(at) => write!(f, " ({at})"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for TaskInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskInfo")
            .field("id", &self.id.0)
            .field("name", &self.name())
            .finish_non_exhaustive()
    }
}

/// What the tasks of one scope are named after.
#[derive(Default)]
pub(crate) struct Naming {
    given: Option<Cow<'static, str>>,
    /// The task the scope runs in, known when it is first polled.
    inherited: OnceLock<TaskInfo>,
}

impl Naming {
    pub(crate) fn new(given: Option<Cow<'static, str>>) -> Self {
        Self {
            given: given.filter(|name| !name.is_empty()),
            inherited: OnceLock::new(),
        }
    }

    pub(crate) fn inherit(&self, task: TaskInfo) {
        // A scope is first polled once; a second call could only come from a bug of ours and changes nothing.
        let _ = self.inherited.set(task);
    }

    pub(crate) fn prefix(&self) -> Option<&str> {
        self.given.as_deref().or_else(|| {
            let task = self.inherited.get()?;
            // A body that has no name stands for no name: its children are not called "body/1".
            with_room(|| (!task.is_nameless_body()).then(|| task.name()))
        })
    }
}

impl Drop for Naming {
    fn drop(&mut self) {
        // It may be the last that keeps a long line of names around.
        with_room(|| drop(self.inherited.take()));
    }
}

impl TaskInfo {
    /// Whether it was given its name.
    #[cfg(feature = "tracing")]
    pub(crate) fn is_named(&self) -> bool {
        matches!(self.label, Label::Static(_) | Label::Shared(_))
    }

    pub(crate) fn is_body(&self) -> bool {
        matches!(self.label, Label::Body(_))
    }

    fn is_nameless_body(&self) -> bool {
        matches!(&self.label, Label::Body(scope) if scope.prefix().is_none())
    }
}
