//! What ran when: an observer that records, and drawings of what it has.

mod chrome;
mod fold;
mod rows;
mod svg;
mod text;
mod track;

use std::{
    fmt,
    io::{self, Write},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use self::{rows::Row, track::Tracks};
use super::{Held, How, Observer, ScopeInfo, Spawned};
use crate::{
    cancel::CancelReason,
    tree::{
        TaskInfo,
        record::{Short, clock},
    },
};

/// An [`Observer`] that records when each task was spawned, polled, held and ended; and draws that.
///
/// Clones share one recording: give one to [`Options::observer`](super::Options::observer) and keep the other.
///
/// It keeps up to [a million](Self::max_polls) polls, and all tasks: it is for a run, not for a service that lives for
/// months. It counts what it omits.
///
/// # Examples
///
/// ```
/// # use purview_core as purview;
/// use purview::inspect::{self, Options, Timeline};
///
/// let timeline = Timeline::new();
/// inspect::enable(Options::new().observer(timeline.clone())).unwrap();
/// purview::block_on(purview::scope(async |s| {
///     s.task().name("a").spawn(async {});
///     s.task().name("b").spawn(std::future::ready(()));
/// }));
/// let text = timeline.to_text(60);
/// assert!(text.lines().any(|line| line.contains("a ") && line.ends_with("returned")));
/// let mut svg = Vec::new();
/// timeline.write_svg(&mut svg).unwrap();
/// assert!(svg.starts_with(b"<svg"));
/// ```
#[derive(Clone)]
pub struct Timeline {
    tracks: Arc<Mutex<Tracks>>,
    within: Option<String>,
    max_rows: usize,
    label: Option<Arc<Label>>,
}

type Label = dyn Fn(&TaskInfo) -> Option<String> + Send + Sync;

impl Timeline {
    /// One that has recorded nothing.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use purview::inspect::{self, Options, Timeline};
    ///
    /// let timeline = Timeline::new();
    /// inspect::enable(Options::new().observer(timeline.clone())).unwrap(); // and this one draws what that one records
    /// ```
    pub fn new() -> Self {
        Self {
            tracks: Arc::default(),
            within: None,
            max_rows: usize::MAX,
            label: None,
        }
    }

    /// Keeps so many polls at most; of those that come later it keeps how many they are. Default: a million.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// let timeline = purview::inspect::Timeline::new().max_polls(10_000);
    /// assert_eq!(timeline.left_out(), 0);
    /// ```
    #[must_use]
    pub fn max_polls(self, n: usize) -> Self {
        self.lock().max_polls = n;
        self
    }

    /// Counts events instead of time: under a virtual clock many happen at one instant. To be called before anything is
    /// recorded.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// let timeline = purview::inspect::Timeline::new().in_steps();
    /// assert_eq!(timeline.to_text(80), "nothing was recorded\n");
    /// ```
    #[must_use]
    pub fn in_steps(self) -> Self {
        self.lock().in_steps = true;
        self
    }

    /// Draws as text no more than so many tasks that stand side by side in a scope, each in a row of its own: of more than
    /// these it draws how many ran at each moment, in a row for each way of ending. Default: no bound.
    ///
    /// # Examples
    ///
    /// ```
    /// use purview_core::{gather, inspect::{self, Options, Timeline}};
    ///
    /// let timeline = Timeline::new();
    /// inspect::enable(Options::new().observer(timeline.clone())).unwrap();
    /// purview_core::block_on(gather((0..1000).map(|n| async move { Ok::<_, ()>(n) })).name("pages")).unwrap();
    /// assert!(timeline.max_rows(40).to_text(100).contains("1000 tasks"));
    /// ```
    #[must_use]
    pub fn max_rows(self, n: usize) -> Self {
        Self { max_rows: n, ..self }
    }

    /// Draws only the scopes and gathers of this name, with what is in them. One in another of that name is drawn there.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// let timeline = purview::inspect::Timeline::new();
    /// assert_eq!(timeline.within("import").to_text(80), "nothing was recorded\n");
    /// ```
    #[must_use]
    pub fn within(self, scope: impl Into<String>) -> Self {
        Self {
            within: Some(scope.into()),
            ..self
        }
    }

    /// Draws tasks under other names than theirs, where `label` gives one: the futures of a gather are named by their
    /// number.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use purview::{gather, inspect::{self, Options, Timeline}};
    ///
    /// let timeline = Timeline::new();
    /// inspect::enable(Options::new().observer(timeline.clone())).unwrap();
    /// purview::block_on(gather([async { Ok::<_, ()>(()) }]).name("hosts")).unwrap();
    /// let labelled = timeline.labelled(|task| (task.name() == "hosts/0").then(|| "example.org".to_owned()));
    /// assert!(labelled.to_text(80).contains("example.org"));
    /// ```
    #[must_use]
    pub fn labelled(self, label: impl Fn(&TaskInfo) -> Option<String> + Send + Sync + 'static) -> Self {
        Self {
            label: Some(Arc::new(label)),
            ..self
        }
    }

    /// How many polls were not kept.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// assert_eq!(purview::inspect::Timeline::new().left_out(), 0);
    /// ```
    pub fn left_out(&self) -> u64 {
        self.lock().left_out
    }

    /// Draws one line for each scope and task, `width` characters wide where that is possible: what it draws of time is
    /// 10 to 10,000 characters wide.
    ///
    /// `·` it waits for its first poll, `─` it is alive, `█` it is polled, `═` it holds. A line ends with how the task did.
    /// Of [many tasks](Self::max_rows) in one line, the height of it is how many ran.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use purview::inspect::{self, Options, Timeline};
    ///
    /// let timeline = Timeline::new();
    /// inspect::enable(Options::new().observer(timeline.clone())).unwrap();
    /// purview::block_on(purview::scope(async |s| s.task().name("load").spawn(async {}).await));
    /// let text = timeline.to_text(80);
    /// assert!(text.contains("load") && text.contains('█'));
    /// ```
    pub fn to_text(&self, width: usize) -> String {
        let (rows, total) = self.rows();
        let (left_out, in_steps) = {
            let tracks = self.lock();
            (tracks.left_out, tracks.in_steps)
        };
        let end = if in_steps {
            format!("{} events", total.as_nanos())
        } else {
            Short(total).to_string()
        };
        text::draw(&fold::lines(&rows, self.max_rows), (total, &end), width, left_out)
    }

    /// Draws a picture that needs nothing beside it.
    ///
    /// # Errors
    ///
    /// Those of `w`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// let timeline = purview::inspect::Timeline::new();
    /// let mut svg = Vec::new(); // or a file
    /// timeline.write_svg(&mut svg)?;
    /// assert!(svg.starts_with(b"<svg"));
    /// # std::io::Result::Ok(())
    /// ```
    pub fn write_svg(&self, mut w: impl Write) -> io::Result<()> {
        let (rows, total) = self.rows();
        w.write_all(svg::draw(&rows, total, self.left_out()).as_bytes())
    }

    /// Writes it in the format of Chrome's `about:tracing`, which [Perfetto](https://ui.perfetto.dev) opens too: a track for
    /// each scope and task, and one more for the holds of a task that has held.
    ///
    /// # Errors
    ///
    /// Those of `w`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// let mut trace = Vec::new();
    /// purview::inspect::Timeline::new().write_chrome_trace(&mut trace).unwrap();
    /// assert!(trace.starts_with(b"{\"traceEvents\":["));
    /// ```
    pub fn write_chrome_trace(&self, mut w: impl Write) -> io::Result<()> {
        chrome::write(&self.rows().0, &mut w)
    }

    fn rows(&self) -> (Vec<Row>, Duration) {
        // A runtime's clock may be the user's.
        let now = clock();
        let tracks = self.lock();
        let label = |task: &TaskInfo| self.label.as_ref().and_then(|label| label(task));
        // The labels are the caller's: nothing of theirs runs under the lock.
        let (mut rows, tasks, total) = rows::rows(&tracks, self.within.as_deref(), now);
        drop(tracks);
        for (row, task) in rows.iter_mut().zip(tasks) {
            if let Some(label) = task.as_ref().and_then(label) {
                row.label = label;
            }
        }
        (rows, total)
    }

    fn lock(&self) -> MutexGuard<'_, Tracks> {
        self.tracks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Timeline {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Timeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Timeline")
            .field("tasks", &self.lock().tasks.len())
            .field("within", &self.within)
            .finish_non_exhaustive()
    }
}

impl Observer for Timeline {
    fn opened(&self, scope: &ScopeInfo, by: Option<&TaskInfo>) {
        let now = clock();
        self.lock().opened(now, scope, by);
    }

    fn closed(&self, scope: &ScopeInfo) {
        let now = clock();
        self.lock().closed(now, scope);
    }

    fn spawned(&self, task: &Spawned<'_>) {
        let now = clock();
        self.lock().spawned(now, task);
    }

    fn started(&self, task: &TaskInfo, _: Duration) {
        let now = clock();
        self.lock().started(now, task);
    }

    fn polled(&self, task: &TaskInfo, took: Duration) {
        let now = clock();
        self.lock().polled(now, task, took);
    }

    fn ended(&self, task: &TaskInfo, how: &How) {
        let now = clock();
        self.lock().ended(now, task, how);
    }

    fn cut(&self, scope: &ScopeInfo, reason: &CancelReason) {
        let now = clock();
        self.lock().cut(now, scope, reason);
    }

    fn held(&self, task: &TaskInfo, why: Held) {
        let now = clock();
        self.lock().held(now, task, why);
    }

    fn let_go(&self, task: &TaskInfo, why: Held) {
        let now = clock();
        self.lock().let_go(now, task, why);
    }
}
