//! The parts of which a program consists.

use crate::program::{Op, ScopeSpec, Script, Source};

/// What an operation has in it.
#[derive(Clone, Copy, Default)]
pub(crate) struct Parts<'a> {
    pub(crate) ops: &'a [Op],
    pub(crate) script: Option<&'a Script>,
    pub(crate) scope: Option<&'a ScopeSpec>,
}

impl Op {
    pub(crate) fn parts(&self) -> Parts<'_> {
        let mut parts = Parts::default();
        match self {
            Op::Spawn(_, script) | Op::AwaitAndSpawn(_, script) | Op::Defer(script) | Op::Start(script) => {
                parts.script = Some(script);
            }
            Op::Permit(ops, script) => (parts.ops, parts.script) = (ops, Some(script)),
            Op::Nest(spec) | Op::NestAndDrop(spec, _) => parts.scope = Some(spec),
            Op::Shield(ops) | Op::Timeout(_, ops) => parts.ops = ops,
            Op::Moves(moves) => {
                if let Source::Begins(spec) = &moves.from {
                    parts.scope = Some(spec);
                }
            }
            _ => {}
        }
        parts
    }

    /// Whether this, or an operation of the same actor inside it, is such a one.
    pub(crate) fn has(&self, is_one: &dyn Fn(&Op) -> bool) -> bool {
        is_one(self) || self.parts().ops.iter().any(|op| op.has(is_one))
    }

    fn has_anywhere(&self, is_one: &dyn Fn(&Op) -> bool) -> bool {
        let parts = self.parts();
        let in_script = parts.script.is_some_and(|script| script.has_anywhere(is_one));
        let in_scope = parts.scope.is_some_and(|scope| scope.body.has_anywhere(is_one));
        is_one(self) || in_script || in_scope || parts.ops.iter().any(|op| op.has_anywhere(is_one))
    }
}

impl Script {
    pub(crate) fn has_anywhere(&self, is_one: &dyn Fn(&Op) -> bool) -> bool {
        let in_heir = self.heir.as_ref().is_some_and(|heir| heir.has_anywhere(is_one));
        in_heir || self.ops.iter().any(|op| op.has_anywhere(is_one))
    }
}

impl ScopeSpec {
    pub(crate) fn has_closures_that_block(&self) -> bool {
        self.body.has_anywhere(&|op| matches!(op, Op::Block(_)))
    }
}
