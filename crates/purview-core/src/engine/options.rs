use std::{borrow::Cow, mem, num::NonZeroUsize, panic::Location, sync::Arc, time::Duration};

use super::rate::Rate;
use crate::{
    cancel::CancelToken,
    runtime::{Runtime, RuntimeChoice},
    tree::{Bound, GivenGrace, ScopeNode, ScopeOptions, ScopeSpans},
};

/// A number of children that may run at once: a [`NonZeroUsize`], or a `usize` that is not zero.
pub trait Limit {
    /// The number.
    ///
    /// # Panics
    ///
    /// For a `usize` of zero, with which nothing could ever run.
    fn into_limit(self) -> NonZeroUsize;
}

impl Limit for usize {
    #[track_caller]
    fn into_limit(self) -> NonZeroUsize {
        NonZeroUsize::new(self)
            .expect("a limit of 0 would let no child ever start: give at least 1, or no limit at all")
    }
}

impl Limit for NonZeroUsize {
    fn into_limit(self) -> NonZeroUsize {
        self
    }
}

/// What a scope or a gather is given before it runs.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) name: Option<Cow<'static, str>>,
    pub(crate) bound: Bound,
    pub(crate) grace: Option<Duration>,
    pub(crate) limit: Option<NonZeroUsize>,
    pub(crate) rate: Option<Rate>,
    pub(crate) runtime: Option<Arc<dyn Runtime>>,
    pub(crate) fallback: Option<RuntimeChoice>,
    pub(crate) cancel_on: Vec<CancelToken>,
    pub(crate) spans: ScopeSpans,
    /// Where the program opens it.
    pub(crate) at: Option<&'static Location<'static>>,
}

impl Options {
    /// Notes where the program opens it.
    #[track_caller]
    pub(crate) fn opened_here(self) -> Self {
        Self {
            at: Some(Location::caller()),
            ..self
        }
    }

    /// Makes the node; grace, limit and rate are left for the engine and its members.
    pub(crate) fn make_node(&mut self) -> Arc<ScopeNode> {
        let node = ScopeNode::new(ScopeOptions {
            name: self.name.take(),
            bound: self.bound,
            grace: GivenGrace::Own(self.grace),
            runtime: self.runtime.take(),
            fallback: self.fallback,
            spans: mem::take(&mut self.spans),
            at: self.at,
        });
        for token in self.cancel_on.drain(..) {
            node.cancel_on(&token);
        }
        node
    }
}
