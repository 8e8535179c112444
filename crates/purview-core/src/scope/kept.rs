use super::{desk::Desk, kind::AnyChild};
use crate::{
    error::{FirstPanic, OneByOne},
    policy::Policy,
};

/// Ended children whose result must not be lost although nobody has awaited their task yet.
///
/// Those whose task is awaited later are forgotten in sweeps, so that a scope that lives for long does not grow with
/// them.
pub(super) struct Kept<C> {
    children: OneByOne<Vec<C>>,
    sweep_at: usize,
}

const FIRST_SWEEP: usize = 32;

impl<C> Kept<C> {
    pub(super) fn new() -> Self {
        Self {
            children: OneByOne::new(Vec::new()),
            sweep_at: FIRST_SWEEP,
        }
    }

    pub(super) fn keep<P: Policy>(&mut self, child: C)
    where
        C: AnyChild<P>,
    {
        if self.children.len() >= self.sweep_at {
            self.children.retain(|child| child.get().is_unclaimed());
            self.sweep_at = FIRST_SWEEP.max(2 * self.children.len());
        }
        self.children.push(child);
    }

    pub(super) fn reclaim<P: Policy>(&mut self, desk: &Desk<P>)
    where
        C: AnyChild<P>,
    {
        let mut panicked = FirstPanic::default();
        for mut child in self.children.take_all() {
            panicked.run(|| child.pinned().reclaim(desk));
            panicked.run(|| drop(child));
        }
        panicked.resume();
    }
}
