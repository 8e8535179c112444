use std::{fmt, sync::Arc, time::Duration};

use super::observer::Observer;

/// What is recorded of live tasks, what is reported of them, and to what: for [`enable`](crate::inspect::enable).
///
/// | option | what it costs where it is on | default |
/// |---|---|---|
/// | the tree: kinds, locations, ages, states, polls | a lock of the scope's own for each task, twice; one reading of the clock for each task, and for each pass over those that are polled | on |
/// | [`times`](Self::times) | one or two readings of the clock for each poll | on |
/// | [`wakers`](Self::wakers) | one allocation for each task | off |
/// | [`slow_poll`](Self::slow_poll) and the other reports | a comparison | off |
/// | [`observer`](Self::observer) | a call for each event | none |
///
/// # Examples
///
/// ```
/// # use purview_core as purview;
/// use purview::inspect::{self, Options};
/// use std::time::Duration;
///
/// let options = Options::new().slow_poll(Duration::from_millis(50)).held_up(Duration::from_secs(2));
/// inspect::enable(options).unwrap();
/// ```
#[derive(Clone)]
#[must_use = "options do nothing until they are given to `enable`"]
pub struct Options {
    pub(crate) observers: Vec<Arc<dyn Observer>>,
    pub(crate) times: bool,
    pub(crate) wakers: bool,
    pub(crate) max_nodes: usize,
    pub(crate) slow_poll: Option<Duration>,
    /// The same in nanoseconds; as many as there can be where none is slow.
    pub(crate) slow_nanos: u64,
    pub(crate) not_polled_again: Option<Duration>,
    pub(crate) held_up: Option<Duration>,
    pub(crate) lost_waker: Option<Duration>,
    pub(crate) yields: Option<u64>,
    pub(crate) check_every: Option<Duration>,
}

impl Options {
    /// The tree, without reports and observers.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use purview::inspect::{self, Options};
    ///
    /// inspect::enable(Options::new()).unwrap();
    /// ```
    pub fn new() -> Self {
        Self {
            observers: Vec::new(),
            times: true,
            wakers: false,
            max_nodes: 100_000,
            slow_poll: None,
            slow_nanos: u64::MAX,
            not_polled_again: None,
            held_up: None,
            lost_waker: None,
            yields: None,
            check_every: None,
        }
    }

    /// Calls `observer` for what happens to tasks and for each report. May be given several times.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use purview::inspect::{Options, Timeline};
    ///
    /// let timeline = Timeline::new();
    /// let options = Options::new().observer(timeline.clone());
    /// # drop(options);
    /// ```
    pub fn observer(mut self, observer: impl Observer + 'static) -> Self {
        self.observers.push(Arc::new(observer));
        self
    }

    /// Reads the clock at each poll of a task, for how long its polls took, altogether and at most
    /// ([`busy`](crate::inspect::Node::busy), [`longest`](crate::inspect::Node::longest)). [`slow_poll`](Self::slow_poll)
    /// needs it, and turns it on. Default: on.
    ///
    /// Where it is off, the clock is read once for all polls of a scope's tasks that follow each other. Then `busy` and
    /// `longest` are `None`, observers are told that a poll took no time, and since when a task is idle or being polled is
    /// known up to the length of such a pass. It is the cheapest way to have the tree of a service at hand.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use purview::inspect::Options;
    ///
    /// let options = Options::new().times(false);
    /// # drop(options);
    /// ```
    pub fn times(mut self, on: bool) -> Self {
        self.times = on;
        self
    }

    /// Counts the wakers of each task: how many are kept, how often they were woken. Needed for
    /// [`lost_waker`](Self::lost_waker) and [`yields`](Self::yields), which turn it on. Default: off.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use purview::inspect::Options;
    ///
    /// let options = Options::new().wakers(true);
    /// # drop(options);
    /// ```
    pub fn wakers(mut self, on: bool) -> Self {
        self.wakers = on;
        self
    }

    /// How many scopes and tasks a [`Snapshot`](crate::inspect::Snapshot) shows at most; it says how many it omits. Default:
    /// 100,000.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use purview::inspect::Options;
    ///
    /// let options = Options::new().max_nodes(1_000);
    /// # drop(options);
    /// ```
    pub fn max_nodes(mut self, n: usize) -> Self {
        self.max_nodes = n;
        self
    }

    /// Reports each poll that took longer: the first one of each task at once, then one each second and task, with how many
    /// there were. One that is still under way is reported by a [`check`](crate::inspect::check). Default: none is.
    ///
    /// A poll that takes long keeps the siblings of the task from being polled: it computes, or it blocks the thread. As
    /// the slow callbacks of asyncio's debug mode.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use purview::inspect::Options;
    /// use std::time::Duration;
    ///
    /// let options = Options::new().slow_poll(Duration::from_millis(50));
    /// # drop(options);
    /// ```
    pub fn slow_poll(mut self, longer_than: Duration) -> Self {
        self.slow_poll = Some(longer_than);
        self.slow_nanos = u64::try_from(longer_than.as_nanos()).unwrap_or(u64::MAX);
        self
    }

    /// Reports, in a [`check`](crate::inspect::check), a task that was told to stop this long ago, has not ended, and has not been
    /// polled since: it does not wait for its cancellation. Default: none is.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use purview::inspect::Options;
    /// use std::time::Duration;
    ///
    /// let options = Options::new().not_polled_again(Duration::from_secs(1));
    /// # drop(options);
    /// ```
    pub fn not_polled_again(mut self, after: Duration) -> Self {
        self.not_polled_again = Some(after);
        self
    }

    /// Reports, in a [`check`](crate::inspect::check), a scope that was told to stop this long ago and has not ended, with the
    /// tasks that it waits for; again after each further such time. Default: none is.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use purview::inspect::Options;
    /// use std::time::Duration;
    ///
    /// let options = Options::new().held_up(Duration::from_secs(5));
    /// # drop(options);
    /// ```
    pub fn held_up(mut self, after: Duration) -> Self {
        self.held_up = Some(after);
        self
    }

    /// Reports, in a [`check`](crate::inspect::check), a task that has been idle this long, waits for nothing that is known, and
    /// none of whose wakers is alive: nothing can ever wake it, other than its cancellation. Default: none is.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use purview::inspect::Options;
    /// use std::time::Duration;
    ///
    /// let options = Options::new().lost_waker(Duration::from_secs(60));
    /// # drop(options);
    /// ```
    pub fn lost_waker(mut self, after: Duration) -> Self {
        self.lost_waker = Some(after);
        self.wakers = true;
        self
    }

    /// Reports a task that has been polled `times` in a row and woke itself in each of these polls: it yields without
    /// getting anywhere. Again each time that it has done so as often as before. Default: none is.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use purview::inspect::Options;
    ///
    /// let options = Options::new().yields(10_000);
    /// # drop(options);
    /// ```
    pub fn yields(mut self, times: u64) -> Self {
        self.yields = Some(times.max(1));
        self.wakers = true;
        self
    }

    /// Has a thread call [`check`](crate::inspect::check) at this interval, at least a millisecond, for as long as the process
    /// runs. Default: none does, and only what a poll shows is reported by itself. There is no such thread on wasm, nor under
    /// a test runtime.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use purview::inspect::Options;
    /// use std::time::Duration;
    ///
    /// let options = Options::new().check_every(Duration::from_secs(1));
    /// # drop(options);
    /// ```
    pub fn check_every(mut self, interval: Duration) -> Self {
        // Without a pause the thread would keep a core busy.
        self.check_every = Some(interval.max(Duration::from_millis(1)));
        self
    }
}

impl Default for Options {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("observers", &self.observers.len())
            .field("times", &self.times)
            .field("wakers", &self.wakers)
            .field("max_nodes", &self.max_nodes)
            .field("slow_poll", &self.slow_poll)
            .field("not_polled_again", &self.not_polled_again)
            .field("held_up", &self.held_up)
            .field("lost_waker", &self.lost_waker)
            .field("yields", &self.yields)
            .field("check_every", &self.check_every)
            .finish_non_exhaustive()
    }
}
