//! What programs may do besides, where they are wide.

use super::{Generator, Spot};
use crate::{
    features::{Feature, on},
    program::{ActorId, End, Group, GroupId, GroupKind, Kind, Manner, Mode, Op, Place, Script, TOKENS},
};

impl Generator {
    pub(super) fn wide_op(&mut self, spot: Spot) -> Op {
        match self.rng().u8(..14) {
            0..3 => {
                let meanwhile = (0..self.rng().usize(..3)).map(|_| self.op(spot)).collect();
                Op::Permit(meanwhile, self.child(spot))
            }
            3..6 => Op::Start(self.starting(spot)),
            6..9 => Op::Spawn(Place::Blocking, self.closure(spot)),
            9 => Op::CancelToken(self.rng().usize(..TOKENS)),
            _ => Op::Group(self.group()),
        }
    }

    fn child(&mut self, spot: Spot) -> Script {
        self.script(Spot {
            shielded: false,
            ..spot
        })
    }

    fn group(&mut self) -> Group {
        let id = GroupId(self.groups);
        self.groups += 1;
        let members: Vec<Script> = (0..self.rng().usize(..5)).map(|_| self.member()).collect();
        let kind = match self.rng().u8(..14) {
            0..2 => GroupKind::Gather(Mode::All),
            2 => GroupKind::Gather(Mode::Settled),
            3 => GroupKind::Gather(Mode::First),
            4 => GroupKind::Gather(Mode::FirstSuccess),
            5 => GroupKind::Gather(Mode::Quorum(self.rng().usize(..4))),
            6 => GroupKind::Gather(Mode::AsCompleted),
            7 => GroupKind::Gather(Mode::ForEach),
            _ => {
                let policy = [Kind::FailFast, Kind::Settled][self.rng().usize(..2)];
                let manner = match self.rng().u8(..4) {
                    0 => Manner::Close,
                    1 => Manner::DropHandles,
                    2 => Manner::Shutdown(self.time()),
                    _ => Manner::DropDriver(self.rng().u32(..4)),
                };
                GroupKind::Open(policy, manner)
            }
        };
        Group {
            id,
            kind,
            limit: self.chance(30).then(|| self.rng().usize(1..3)),
            timeout: self.chance(30).then(|| self.time()),
            members,
        }
    }

    fn member(&mut self) -> Script {
        let id = ActorId(self.actors);
        self.actors += 1;
        let holds = self.moving && on(Feature::Members);
        let op = |random: &mut Self| match random.rng().u8(..10) {
            0 if holds && random.chance(40) => Op::UntilCancelled,
            0 if holds => Op::UntilTokenOf {
                outwards: 0,
                child: random.chance(50),
            },
            0 => Op::Forever,
            1..5 => Op::Sleep(random.time()),
            _ => Op::Yield,
        };
        Script {
            id,
            ops: (0..self.rng().usize(..4)).map(|_| op(self)).collect(),
            end: [End::Return, End::Return, End::Return, End::Fail, End::Panic][self.rng().usize(..5)],
            bomb: false,
            heir: None,
        }
    }

    /// Mostly it says that it is ready, sooner or later.
    fn starting(&mut self, spot: Spot) -> Script {
        let mut script = self.child(spot);
        if self.chance(80) {
            let at = self.rng().usize(..=script.ops.len());
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
        if self.moving && on(Feature::Closures) && self.chance(50) {
            let at = self.rng().usize(..=script.ops.len());
            script.ops.insert(at, Op::Block(self.time()));
        }
        script
    }
}
