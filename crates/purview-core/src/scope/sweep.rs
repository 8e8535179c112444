/// When a list is swept of what has left it: each time that it has grown to twice what the last sweep left, so that what is
/// put in costs the same however many there are.
pub(in crate::scope) struct Sweep {
    at: usize,
}

const FIRST: usize = 32;

impl Sweep {
    pub(in crate::scope) const fn new() -> Self {
        Self { at: FIRST }
    }

    /// Calls `sweep`, which gives how many it has left, if a list of this length is to be swept now.
    pub(in crate::scope) fn if_due(&mut self, len: usize, sweep: impl FnOnce() -> usize) {
        if len >= self.at {
            self.at = FIRST.max(2 * sweep());
        }
    }
}
