use crate::{
    panic::{FirstPanic, OneByOne},
    policy::Policy,
    scope::{kind::AnyChild, sweep::Sweep},
};

/// Ended children whose result must not be lost although their task was not awaited yet.
///
/// Those whose task is awaited later are forgotten in sweeps, so that a scope that lives for long does not grow with
/// them.
pub(in crate::scope) struct Unclaimed<C> {
    children: OneByOne<Vec<C>>,
    sweep: Sweep,
}

impl<C> Unclaimed<C> {
    pub(in crate::scope) fn new() -> Self {
        Self {
            children: OneByOne::new(Vec::new()),
            sweep: Sweep::new(),
        }
    }

    /// Whether there are some that nothing waits for.
    pub(in crate::scope) fn has_unawaited<P: Policy>(&self) -> bool
    where
        C: AnyChild<P>,
    {
        self.children.iter().any(|child| !child.get().is_awaited())
    }

    pub(in crate::scope) fn keep<P: Policy>(&mut self, child: C)
    where
        C: AnyChild<P>,
    {
        let children = &mut self.children;
        self.sweep.if_due(children.len(), || {
            children.retain(|child| child.get().is_unclaimed());
            children.len()
        });
        children.push(child);
    }

    /// Gives the results that nothing waits for back to the policy. Those that something waits for stay here: the wait may be
    /// given up.
    pub(in crate::scope) fn reclaim<P: Policy>(&mut self, policy: &mut P)
    where
        C: AnyChild<P>,
    {
        if self.children.is_empty() {
            return;
        }
        let mut panicked = FirstPanic::default();
        for mut child in self.children.take_all() {
            if child.get().is_awaited() {
                self.children.push(child);
                continue;
            }
            panicked.run(|| child.pinned().reclaim(policy));
            panicked.run(|| drop(child));
        }
        panicked.resume();
    }

    /// The scope ends: what is awaited now is left to that.
    pub(in crate::scope) fn leave(&mut self) {
        let mut panicked = FirstPanic::default();
        for child in self.children.take_all() {
            panicked.run(|| drop(child));
        }
        panicked.resume();
    }
}
