use std::task::{Context, Poll};

use crate::{
    context::Env,
    tree::{TaskInfo, record::Kind},
};

/// A task as tokio-console sees it: not at all.
#[derive(Default)]
pub(super) struct Console(());

#[expect(clippy::unused_self, reason = "the same as with the feature")]
impl Console {
    pub(super) fn of(_: &TaskInfo, _: bool, _: Kind) -> Self {
        Self(())
    }

    pub(super) fn unmade(_: Kind) -> Self {
        Self(())
    }

    pub(super) fn copy(&self) -> Self {
        Self(())
    }

    pub(super) fn begin(&mut self, _: &Env) {}

    pub(super) fn let_go(&mut self) {}

    pub(super) fn is_shown(&self) -> bool {
        false
    }

    pub(super) fn call<T>(&self, f: impl FnOnce() -> T) -> T {
        f()
    }

    pub(super) fn poll<T>(&mut self, cx: &mut Context<'_>, f: impl FnOnce(&mut Context<'_>) -> Poll<T>) -> Poll<T> {
        f(cx)
    }
}
