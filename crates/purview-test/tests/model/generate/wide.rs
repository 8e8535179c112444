//! What programs may do besides, where they are wide.

use super::{Generator, Spot};
use crate::program::{Op, Place, Script, TOKENS};

impl Generator {
    pub(super) fn wide_op(&mut self, spot: Spot) -> Op {
        match self.rng.u8(..10) {
            0..3 => {
                let meanwhile = (0..self.rng.usize(..3)).map(|_| self.op(spot)).collect();
                Op::Permit(meanwhile, self.child(spot))
            }
            3..6 => Op::Start(self.starting(spot)),
            6..9 => Op::Spawn(Place::Blocking, self.closure(spot)),
            _ => Op::CancelToken(self.rng.usize(..TOKENS)),
        }
    }

    fn child(&mut self, spot: Spot) -> Script {
        self.script(Spot {
            shielded: false,
            ..spot
        })
    }

    /// Mostly it says that it is ready, sooner or later.
    fn starting(&mut self, spot: Spot) -> Script {
        let mut script = self.child(spot);
        if self.chance(80) {
            let at = self.rng.usize(..=script.ops.len());
            script.ops.insert(at, Op::SetReady);
        }
        script
    }

    /// A script that never waits.
    fn closure(&mut self, spot: Spot) -> Script {
        let mut script = self.child(spot);
        script.ops.retain(|op| {
            matches!(
                op,
                Op::Spawn(..)
                    | Op::DropTask(_)
                    | Op::CancelTask(_)
                    | Op::CancelScope
                    | Op::SetDeadline(_)
                    | Op::Defer(_)
                    | Op::CancelToken(_)
            )
        });
        script
    }
}
