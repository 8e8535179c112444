use crate::{
    panic::{FirstPanic, OneByOne},
    policy::Policy,
    scope::kind::AnyChild,
};

/// Ended children whose result must not be lost although their task was not awaited yet.
///
/// Those whose task is awaited later are forgotten in sweeps, so that a scope that lives for long does not grow with
/// them.
pub(in crate::scope) struct Unclaimed<C> {
    children: OneByOne<Vec<C>>,
    sweep_at: usize,
}

const FIRST_SWEEP: usize = 32;

impl<C> Unclaimed<C> {
    pub(in crate::scope) fn new() -> Self {
        Self {
            children: OneByOne::new(Vec::new()),
            sweep_at: FIRST_SWEEP,
        }
    }

    pub(in crate::scope) fn keep<P: Policy>(&mut self, child: C)
    where
        C: AnyChild<P>,
    {
        if self.children.len() >= self.sweep_at {
            self.children.retain(|child| child.get().is_unclaimed());
            self.sweep_at = FIRST_SWEEP.max(2 * self.children.len());
        }
        self.children.push(child);
    }

    pub(in crate::scope) fn reclaim<P: Policy>(&mut self, policy: &mut P)
    where
        C: AnyChild<P>,
    {
        if self.children.is_empty() {
            return;
        }
        let mut panicked = FirstPanic::default();
        for mut child in self.children.take_all() {
            panicked.run(|| child.pinned().reclaim(policy));
            panicked.run(|| drop(child));
        }
        panicked.resume();
    }
}
