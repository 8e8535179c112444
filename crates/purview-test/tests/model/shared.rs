//! What the actors of a run share besides the trace: the futures that one leaves behind for another, and the tokens of all
//! scopes.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use purview_core::CancelToken;

use crate::{interpret::Scoped, program::ScopeId};

#[derive(Clone, Default)]
pub(crate) struct Shared(Arc<Mutex<Contents>>);

#[derive(Default)]
struct Contents {
    left: VecDeque<Scoped>,
    tokens: BTreeMap<ScopeId, CancelToken>,
    /// In which scope the future of each was polled last.
    around: BTreeMap<ScopeId, ScopeId>,
}

impl Shared {
    fn contents(&self) -> MutexGuard<'_, Contents> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn leave(&self, scope: Scoped) {
        self.contents().left.push_back(scope);
    }

    /// The future that was left first, unless an actor of `within` is inside it.
    pub(crate) fn take(&self, within: ScopeId) -> Option<Scoped> {
        let mut contents = self.contents();
        let first = contents.left.front()?.id();
        let mut around = Some(within);
        while let Some(scope) = around {
            if scope == first {
                return None;
            }
            around = contents.around.get(&scope).copied();
        }
        contents.left.pop_front()
    }

    /// The values that no actor has taken.
    pub(crate) fn take_all(&self) -> VecDeque<Scoped> {
        std::mem::take(&mut self.contents().left)
    }

    pub(crate) fn add_token(&self, scope: ScopeId, token: CancelToken) {
        self.contents().tokens.insert(scope, token);
    }

    pub(crate) fn is_polled_in(&self, scope: ScopeId, around: ScopeId) {
        self.contents().around.insert(scope, around);
    }

    /// The scope so far out from this one, or the outermost, and its token.
    pub(crate) fn outwards(&self, from: ScopeId, steps: usize) -> (ScopeId, CancelToken) {
        let contents = self.contents();
        let out = |scope: ScopeId| contents.around.get(&scope).copied().unwrap_or(scope);
        let scope = (0..steps).fold(from, |scope, _| out(scope));
        (scope, contents.tokens[&scope].clone())
    }
}
