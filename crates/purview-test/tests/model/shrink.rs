//! Smaller programs: one part is taken out of a program at a time.

use crate::program::{End, Group, Last, Moves, Op, Place, ROOT, ScopeSpec, Script, Source};

/// The program without the part of this number, which is the same in every call; nothing where it has fewer parts.
pub(crate) fn without(program: &ScopeSpec, part: usize) -> Option<ScopeSpec> {
    let mut program = program.clone();
    let mut cutter = Cutter { left: Some(part) };
    cutter.scope(&mut program);
    cutter.left.is_none().then_some(program)
}

/// Walks through a program up to the part that is to be taken out.
struct Cutter {
    /// How many parts come before it; nothing once it is out.
    left: Option<usize>,
}

impl Cutter {
    /// Comes by a part: whether it is the one.
    fn is_here(&mut self) -> bool {
        match self.left {
            Some(0) => {
                self.left = None;
                true
            }
            Some(left) => {
                self.left = Some(left - 1);
                false
            }
            None => false,
        }
    }

    fn option<T>(&mut self, option: &mut Option<T>) {
        if option.is_some() && self.is_here() {
            *option = None;
        }
    }

    /// Where a value is not the simplest, that takes its place.
    fn value<T>(&mut self, value: &mut T, simplest: T, is_simplest: bool) {
        if !is_simplest && self.is_here() {
            *value = simplest;
        }
    }

    fn scope(&mut self, spec: &mut ScopeSpec) {
        // With these the program comes to an end.
        if spec.id != ROOT {
            self.option(&mut spec.timeout);
            self.option(&mut spec.grace);
        }
        self.option(&mut spec.limit);
        self.option(&mut spec.cancel_on);
        self.script(&mut spec.body);
    }

    fn script(&mut self, script: &mut Script) {
        let (is_quiet, returns) = (!script.bomb, script.end == End::Return);
        self.value(&mut script.bomb, false, is_quiet);
        self.value(&mut script.end, End::Return, returns);
        self.option(&mut script.heir);
        if let Some(heir) = &mut script.heir {
            self.script(heir);
        }
        self.ops(&mut script.ops);
    }

    fn ops(&mut self, ops: &mut Vec<Op>) {
        let mut at = 0;
        while at < ops.len() && self.left.is_some() {
            if self.is_here() {
                ops.remove(at);
                return;
            }
            if let Op::Shield(inside) | Op::Timeout(_, inside) = &mut ops[at] {
                if self.is_here() {
                    let inside = std::mem::take(inside);
                    ops.splice(at..=at, inside);
                    return;
                }
            }
            self.op(&mut ops[at]);
            at += 1;
        }
    }

    fn op(&mut self, op: &mut Op) {
        match op {
            Op::Spawn(place, script) => {
                let is_here = *place == Place::Here;
                self.value(place, Place::Here, is_here);
                self.script(script);
            }
            Op::AwaitAndSpawn(_, script) | Op::Defer(script) | Op::Start(script) => self.script(script),
            Op::Permit(ops, script) => {
                self.ops(ops);
                self.script(script);
            }
            Op::Nest(spec) | Op::NestAndDrop(spec, _) => self.scope(spec),
            Op::Shield(ops) | Op::Timeout(_, ops) => self.ops(ops),
            Op::Moves(moves) => self.moves(moves),
            Op::Group(group) => self.group(group),
            _ => {}
        }
    }

    fn moves(&mut self, moves: &mut Moves) {
        let awaits = matches!(moves.last, Last::Await);
        self.value(&mut moves.last, Last::Await, awaits);
        for at in 0..moves.polls.len() {
            if self.is_here() {
                moves.polls.remove(at);
                return;
            }
        }
        if let Source::Begins(spec) = &mut moves.from {
            self.scope(spec);
        }
    }

    fn group(&mut self, group: &mut Group) {
        self.option(&mut group.limit);
        self.option(&mut group.timeout);
        for at in 0..group.members.len() {
            if self.is_here() {
                group.members.remove(at);
                return;
            }
        }
        for member in &mut group.members {
            self.script(member);
        }
    }
}
