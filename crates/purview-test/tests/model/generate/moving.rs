//! What programs may do with timeouts, and with futures that are polled in one place after another.

use super::{Generator, Spot};
use crate::{
    features::{Feature, on},
    program::{ActorId, End, Last, Moves, Op, Place, Polls, Script, Source},
};

impl Generator {
    /// Nothing where the features that were chosen are off.
    pub(super) fn moving_op(&mut self, spot: Spot) -> Option<Op> {
        let choice = self.rng().u8(..22);
        match choice {
            0..5 if on(Feature::Timeouts) => Some(Op::Timeout(self.time(), self.inside_a_timeout(spot))),
            5..8 if on(Feature::Tokens) => Some(Op::UntilTokenOf {
                outwards: self.rng().usize(..3),
                child: self.chance(40),
            }),
            8 if on(Feature::Deadlines) => Some(Op::AskDeadline),
            9.. => {
                let moves = self.moves(spot).map(Op::Moves)?;
                let alone = self.chance(40) && self.actors < self.size;
                Some(if alone { self.in_a_child(moves) } else { moves })
            }
            _ => None,
        }
    }

    /// A child that does this and ends.
    fn in_a_child(&mut self, op: Op) -> Op {
        let id = ActorId(self.actors);
        self.actors += 1;
        let child = Script {
            id,
            ops: vec![op],
            end: End::Return,
            bomb: false,
            heir: None,
        };
        Op::Spawn(Place::Here, child)
    }

    /// Without permits, which would be dropped with the rest.
    fn inside_a_timeout(&mut self, spot: Spot) -> Vec<Op> {
        let mut ops: Vec<Op> = (0..self.rng().usize(1..4)).map(|_| self.op(spot)).collect();
        ops.retain(|op| !op.has(&|op| matches!(op, Op::Permit(..))));
        ops
    }

    fn moves(&mut self, spot: Spot) -> Option<Moves> {
        let moves = on(Feature::Moves);
        let takes = moves && self.left > 0 && self.chance(70);
        if !(moves || on(Feature::References)) || (!takes && spot.depth >= 3) {
            return None;
        }
        let mut polls: Vec<Polls> = (0..self.rng().usize(..3)).filter_map(|_| self.polls()).collect();
        let last = match self.rng().u8(..16) {
            0..3 if on(Feature::References) => {
                Last::Loop(self.time() + self.time().max(std::time::Duration::from_millis(1)))
            }
            3..5 if on(Feature::Timeouts) => Last::Owned(self.time()),
            5 => Last::Drop,
            6..15 if moves && !takes => Last::Leave,
            _ => Last::Await,
        };
        if matches!(last, Last::Leave) && polls.is_empty() {
            polls.push(Polls::Bare(1));
        }
        let from = if takes {
            self.left -= 1;
            Source::Left
        } else {
            let scope = self.scope(spot.depth + 1);
            // Nothing inside it can take it.
            self.left += u32::from(matches!(last, Last::Leave));
            Source::Begins(scope)
        };
        Some(Moves { from, polls, last })
    }

    fn polls(&mut self) -> Option<Polls> {
        let polls = self.rng().u32(1..4);
        match self.rng().u8(..8) {
            0..3 if on(Feature::References) => Some(Polls::ByReference(self.time())),
            3..5 if on(Feature::Moves) => Some(Polls::InTimeout(polls)),
            5 if on(Feature::Moves) => Some(Polls::InShield(polls)),
            6.. => Some(Polls::Bare(polls)),
            _ => None,
        }
    }
}
