/// Which task of its scope a task is, where it has no name of its own.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    Body,
    Child,
    Finalizer,
    /// The task that polls the scope: the scope is a timeout.
    Same,
}

/// Inside a shield the scopes around are not seen: neither their cancellation nor their deadline.
pub(super) const SHIELDED: u8 = 1;
/// The thread is one for blocking work.
pub(super) const MAY_BLOCK: u8 = 1 << 1;
pub(super) const DAEMON: u8 = 1 << 2;
/// It has one of the places that its scope's limit gives.
pub(super) const HAS_PLACE: u8 = 1 << 3;
/// Its scope is cut, and it is the body, which is to see its tasks resolve.
pub(super) const KEPT: u8 = 1 << 4;
/// The grace of its scope has ended, and another thread is in it.
pub(super) const BEYOND_GRACE: u8 = 1 << 5;
/// Its slot knows how to have it polled.
pub(super) const POLLER_KNOWN: u8 = 1 << 6;
/// Its slot has its node.
pub(super) const NODE_KNOWN: u8 = 1 << 7;

/// Which task of its scope a task is, its number there if it is a child, and its flags: one word, as each child has one.
#[derive(Clone, Copy)]
pub(super) struct Tag(u64);

/// The number is above these. A scope has fewer than 2^48 children in its life.
const NUMBER: u32 = 16;
const WHICH: u32 = 8;

impl Tag {
    pub(super) const BODY: Self = Self::of(Which::Body, 0);
    pub(super) const FINALIZER: Self = Self::of(Which::Finalizer, SHIELDED);
    pub(super) const SAME: Self = Self::of(Which::Same, 0);

    pub(super) const fn child(number: u64) -> Self {
        Self(number << NUMBER | Self::of(Which::Child, 0).0)
    }

    pub(super) const fn of(which: Which, flags: u8) -> Self {
        Self((which as u64) << WHICH | flags as u64)
    }

    pub(super) fn is(self, which: Which) -> bool {
        self.0 >> WHICH & 0xff == which as u64
    }

    pub(super) fn which(self) -> Which {
        let all = [Which::Body, Which::Child, Which::Finalizer];
        all.into_iter().find(|which| self.is(*which)).unwrap_or(Which::Same)
    }

    pub(super) fn number(self) -> u64 {
        self.0 >> NUMBER
    }

    pub(super) fn has(self, flag: u8) -> bool {
        self.0 & u64::from(flag) != 0
    }

    pub(super) fn set(&mut self, flag: u8, on: bool) {
        let flag = u64::from(flag);
        self.0 = if on { self.0 | flag } else { self.0 & !flag };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_one_word_does_not_touch() {
        let last = (1 << 48) - 1;
        let mut child = Tag::child(last);
        child.set(NODE_KNOWN, true);
        child.set(SHIELDED, true);
        child.set(SHIELDED, false);
        assert!(child.is(Which::Child) && child.has(NODE_KNOWN) && !child.has(SHIELDED));
        assert_eq!(child.number(), last);
        assert!(Tag::FINALIZER.has(SHIELDED) && Tag::FINALIZER.which() == Which::Finalizer);
        assert!(Tag::SAME.which() == Which::Same && Tag::BODY.which() == Which::Body && Tag::BODY.number() == 0);
    }
}
