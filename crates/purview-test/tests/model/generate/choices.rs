//! What decides what a program does: a seed, or bytes that a fuzzer changes one by one.

use std::collections::VecDeque;

use fastrand::Rng;

pub(super) struct Choices {
    rng: Rng,
    bytes: VecDeque<u8>,
}

impl Choices {
    pub(super) fn of_seed(seed: u64) -> Self {
        Self {
            rng: Rng::with_seed(seed),
            bytes: VecDeque::new(),
        }
    }

    /// What comes after the last of them is decided by it too.
    pub(super) fn of_bytes(bytes: &[u8]) -> Self {
        Self {
            rng: Rng::with_seed(0),
            bytes: bytes.iter().copied().collect(),
        }
    }

    /// What makes the next choice. A byte makes one, whatever it chooses among: a fuzzer that changes it changes that
    /// choice, and those before it stay.
    pub(super) fn next(&mut self) -> &mut Rng {
        if let Some(byte) = self.bytes.pop_front() {
            self.rng = Rng::with_seed(byte.into());
        }
        &mut self.rng
    }
}
