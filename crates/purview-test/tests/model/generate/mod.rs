//! Random programs.

mod choices;
mod moving;
mod wide;

use std::time::Duration;

use fastrand::Rng;

use self::choices::Choices;
use crate::program::{ActorId, End, Kind, Op, Place, ScopeId, ScopeSpec, Script, TOKENS};

/// What programs may do: the generator learnt it in this order, and a case means to each what it always meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Breadth {
    Narrow,
    /// Also gathers, open scopes, permits, starts, closures, and tokens that belong to no scope.
    Wide,
    /// Also timeouts, futures that are polled in one place after another, and closures that keep their thread.
    Moving,
}

/// Makes the program that `seed` decides; `size` bounds the number of its actors.
pub(crate) fn program(seed: u64, size: u32, breadth: Breadth) -> ScopeSpec {
    decided_by(Choices::of_seed(seed), size, breadth)
}

/// Makes the program that `bytes` decide, each of them one thing, with as many actors as `size` at most.
pub(crate) fn program_of_bytes(bytes: &[u8], size: u32) -> ScopeSpec {
    decided_by(Choices::of_bytes(bytes), size, Breadth::Moving)
}

fn decided_by(choices: Choices, size: u32, breadth: Breadth) -> ScopeSpec {
    let mut generator = Generator {
        choices,
        actors: 0,
        scopes: 0,
        size,
        wide: breadth >= Breadth::Wide,
        moving: breadth >= Breadth::Moving,
        groups: 0,
        left: 0,
    };
    let mut root = generator.scope(0);
    // Whatever happens, the program comes to an end.
    root.timeout.get_or_insert(Duration::from_secs(1000));
    root.grace.get_or_insert(Duration::from_secs(1000));
    root
}

struct Generator {
    choices: Choices,
    actors: u32,
    scopes: u32,
    size: u32,
    wide: bool,
    moving: bool,
    groups: u32,
    /// How many futures are left behind that no operation takes yet.
    left: u32,
}

/// Where an operation stands.
#[derive(Clone, Copy)]
struct Spot {
    kind: Kind,
    depth: u32,
    /// Inside a shield of the same scope, where the scope's cancellation is not seen.
    shielded: bool,
    finalizer: bool,
}

impl Generator {
    fn rng(&mut self) -> &mut Rng {
        self.choices.next()
    }

    fn chance(&mut self, percent: u8) -> bool {
        self.rng().u8(..100) < percent
    }

    /// Short times, so that several things happen at one instant.
    fn time(&mut self) -> Duration {
        Duration::from_millis(self.rng().u64(..6))
    }

    fn scope(&mut self, depth: u32) -> ScopeSpec {
        let id = ScopeId(self.scopes);
        self.scopes += 1;
        let kind = [Kind::Join, Kind::FailFast, Kind::FailFast, Kind::Settled][self.rng().usize(..4)];
        let timeout = self.chance(25).then(|| self.time());
        let grace = self.chance(25).then(|| self.time());
        let limit = self.chance(20).then(|| self.rng().usize(1..3));
        let cancel_on = (self.wide && self.chance(15)).then(|| self.rng().usize(..TOKENS));
        let body = self.script(Spot {
            kind,
            depth,
            shielded: false,
            finalizer: false,
        });
        ScopeSpec {
            id,
            kind,
            timeout,
            grace,
            limit,
            cancel_on,
            body,
        }
    }

    fn script(&mut self, spot: Spot) -> Script {
        let id = ActorId(self.actors);
        self.actors += 1;
        let most = if spot.finalizer { 3 } else { 6 };
        let ops = (0..self.rng().usize(..most)).map(|_| self.op(spot)).collect();
        let end = match self.rng().u8(..100) {
            0..12 if spot.kind != Kind::Join => End::Fail,
            12..18 => End::Panic,
            _ => End::Return,
        };
        let heir = (!spot.finalizer && self.actors < self.size && self.chance(4)).then(|| Box::new(self.quiet(spot)));
        let bomb = self.chance(4);
        Script {
            id,
            ops,
            end,
            bomb,
            heir,
        }
    }

    /// A script for actors that are spawned in a destructor or a waker, where a panic would hit another actor.
    fn quiet(&mut self, spot: Spot) -> Script {
        Script {
            bomb: false,
            ..self.script(Spot {
                shielded: false,
                ..spot
            })
        }
    }

    fn op(&mut self, spot: Spot) -> Op {
        let room = self.actors < self.size;
        if self.moving && room && !spot.finalizer && self.chance(30) {
            if let Some(op) = self.moving_op(spot) {
                return op;
            }
        }
        if self.wide && room && !spot.finalizer && self.chance(25) {
            return self.wide_op(spot);
        }
        let nests = room && spot.depth < 3;
        match self.rng().u8(..100) {
            0..3 if !spot.finalizer => Op::UntilToken,
            3..6 if !spot.finalizer => Op::SetDeadline(self.deadline(spot)),
            6..8 if room && !spot.finalizer => {
                let index = self.rng().usize(..4);
                Op::AwaitAndSpawn(index, self.quiet(spot))
            }
            14..18 => Op::Checkpoint,
            18..30 => Op::Sleep(self.time()),
            30..32 if !spot.finalizer => Op::Forever,
            32..55 if room && !spot.finalizer => self.spawn(spot),
            55..66 if !spot.finalizer => Op::Await(self.rng().usize(..4)),
            66..69 if !spot.finalizer => Op::DropTask(self.rng().usize(..4)),
            69..73 if !spot.finalizer => Op::CancelTask(self.rng().usize(..4)),
            73..76 if !spot.finalizer => Op::CancelScope,
            76..83 if nests => Op::Nest(self.scope(spot.depth + 1)),
            83..86 if nests => Op::NestAndDrop(self.scope(spot.depth + 1), self.rng().u32(1..5)),
            86..91 if !spot.shielded => {
                let inside = Spot { shielded: true, ..spot };
                Op::Shield((0..self.rng().usize(1..4)).map(|_| self.op(inside)).collect())
            }
            91..96 if !spot.shielded && !spot.finalizer => Op::UntilCancelled,
            96..100 if room && !spot.finalizer => Op::Defer(self.script(Spot {
                finalizer: true,
                shielded: true,
                ..spot
            })),
            // The numbers from 0 on too.
            _ => Op::Yield,
        }
    }

    /// The root keeps a deadline, so that the program comes to an end.
    fn deadline(&mut self, spot: Spot) -> Option<Duration> {
        let away = spot.depth > 0 && self.chance(30);
        (!away).then(|| self.time())
    }

    fn spawn(&mut self, spot: Spot) -> Op {
        let place = match self.rng().u8(..10) {
            0 => Place::Daemon,
            1 | 2 => Place::Parallel,
            _ => Place::Here,
        };
        Op::Spawn(
            place,
            self.script(Spot {
                shielded: false,
                ..spot
            }),
        )
    }
}
