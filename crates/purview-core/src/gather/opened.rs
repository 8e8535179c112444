use super::{fails::Fails, members::Futures, source::Source};
use crate::{
    context::open_gather,
    engine::{Engine, Options},
};

/// A gather from its first poll on.
pub(super) struct Opened<S: Source> {
    pub(super) engine: Engine,
    pub(super) futures: Futures<S>,
}

impl<S: Source> Opened<S> {
    pub(super) fn new(
        source: S,
        reports_each: bool,
        fails: Fails<<S::Future as Future>::Output>,
        mut options: Options,
    ) -> Self {
        let node = options.make_node();
        node.set_gather();
        open_gather(&node);
        let futures = Futures::new(source, reports_each, fails, &mut options);
        node.note_total(futures.left());
        Self {
            engine: Engine::new(node, options.grace),
            futures,
        }
    }

    /// Nothing is left: releases what waits for the end, and resumes a panic if there was one.
    pub(super) fn end(&mut self) {
        self.engine.end();
        self.engine.panicked.resume();
    }
}

/// The gather's future is being dropped: all futures are, now.
impl<S: Source> Drop for Opened<S> {
    fn drop(&mut self) {
        let Self { engine, futures } = self;
        if engine.stage.is_ended() {
            return;
        }
        futures.reports_each = false;
        engine.abandon("the gather's future was dropped", futures);
        futures.drop_unreported(engine);
        engine.end();
        engine.panicked.resume_if_expected();
    }
}
