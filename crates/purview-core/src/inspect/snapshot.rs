use std::{sync::Arc, time::Duration};

use super::{
    Node,
    tree::{Source, Tree},
};
use crate::{
    time::Instant,
    tree::{
        ScopeNode,
        record::{Recorder, recorder},
    },
};

/// The live scopes and tasks at one moment, as a tree: see [`snapshot`].
///
/// It is a copy: it keeps no scope alive, and does not change. Its [`Display`](std::fmt::Display) prints the tree, one line
/// for each node; with the feature `serde` it can be serialized.
#[derive(Clone, Debug)]
pub struct Snapshot {
    nodes: Vec<Node>,
    left_out: usize,
    took: Duration,
}

/// Every live scope and gather, with the tasks in it, as a tree.
///
/// Empty before [`enable`](super::enable). On the thread of a test runtime it is what that runtime polls. See the
/// [module](super) for how consistent it is and what it costs.
///
/// # Examples
///
/// ```
/// # use purview_core as purview;
/// use purview::{gather, inspect, sleep};
/// use std::time::Duration;
///
/// inspect::enable(inspect::Options::new()).unwrap();
/// let work = gather([1, 2].map(async |n| {
///     sleep(Duration::from_millis(n)).await;
///     Ok::<_, ()>(inspect::snapshot().nodes()[0].to_string())
/// }));
/// let lines = purview::block_on(work.name("work")).unwrap();
/// assert!(lines[0].starts_with("gather 0/2 `work`"));
/// assert!(lines[1].starts_with("gather 1/2 `work`"));
/// ```
pub fn snapshot() -> Snapshot {
    recorder().map_or_else(Snapshot::empty, |recorder| Snapshot::of(&recorder))
}

impl Snapshot {
    fn empty() -> Self {
        Self {
            nodes: Vec::new(),
            left_out: 0,
            took: Duration::ZERO,
        }
    }

    pub(super) fn of(recorder: &Arc<Recorder>) -> Self {
        let began = Instant::now();
        Self::finish(Tree::of_all(recorder, false), began).0
    }

    /// With where each node is recorded.
    pub(super) fn with_sources(recorder: &Arc<Recorder>) -> (Self, Vec<Option<Source>>) {
        let began = Instant::now();
        Self::finish(Tree::of_all(recorder, true), began)
    }

    /// Of one scope and what is in it; where nothing is recorded, the scope alone.
    pub(crate) fn of_scope(scope: &Arc<ScopeNode>) -> Self {
        let began = Instant::now();
        Self::finish(Tree::of_scope(scope), began).0
    }

    fn finish(tree: Tree, began: Instant) -> (Self, Vec<Option<Source>>) {
        let this = Self {
            nodes: tree.nodes,
            left_out: tree.left_out,
            took: began.elapsed(),
        };
        (this, tree.sources)
    }

    /// All nodes, each before what is in it, siblings in the order in which they were spawned.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use purview::{inspect, scope};
    ///
    /// inspect::enable(inspect::Options::new()).unwrap();
    /// let tree = purview::block_on(scope(async |_| inspect::snapshot()));
    /// let kinds: Vec<_> = tree.nodes().iter().map(|node| node.kind.to_string()).collect();
    /// assert_eq!(kinds, ["scope", "body"]);
    /// ```
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// What is directly in the node at this index.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use purview::{inspect, scope};
    ///
    /// inspect::enable(inspect::Options::new()).unwrap();
    /// let tree = purview::block_on(scope(async |s| {
    ///     s.task().name("a").spawn(async {});
    ///     inspect::snapshot()
    /// }));
    /// let names: Vec<_> = tree.children(0).map(|node| node.name()).collect();
    /// assert_eq!(names, ["body", "a"]);
    /// ```
    pub fn children(&self, index: usize) -> impl Iterator<Item = &Node> {
        let depth = self.nodes.get(index).map_or(0, |node| node.depth);
        let after = self.nodes.get(index.saturating_add(1)..).unwrap_or_default();
        let below = after.iter().take_while(move |node| node.depth > depth);
        below.filter(move |node| node.depth == depth + 1)
    }

    /// The first node of this name.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// assert!(purview::inspect::snapshot().find("listener").is_none()); // it is not enabled
    /// ```
    pub fn find(&self, name: &str) -> Option<&Node> {
        self.nodes.iter().find(|node| node.name() == name)
    }

    /// How many scopes and tasks are not shown, because there were more than
    /// [`Options::max_nodes`](super::Options::max_nodes).
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use purview::{inspect, scope};
    ///
    /// inspect::enable(inspect::Options::new().max_nodes(10)).unwrap();
    /// let tree = purview::block_on(scope(async |s| {
    ///     (0..100).for_each(|_| drop(s.spawn(async {})));
    ///     inspect::snapshot()
    /// }));
    /// assert!(tree.nodes().len() <= 10 && tree.left_out() >= 90);
    /// ```
    pub fn left_out(&self) -> usize {
        self.left_out
    }

    /// How long it took to make it.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// assert!(purview::inspect::snapshot().took() < std::time::Duration::from_secs(1));
    /// ```
    pub fn took(&self) -> Duration {
        self.took
    }
}
