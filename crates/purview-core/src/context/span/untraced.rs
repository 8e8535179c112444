use std::{
    marker::PhantomData,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use super::Outcome;
use crate::{
    cancel::CancelReason,
    context::Env,
    tree::{ScopeNode, TaskInfo, record::Kind},
};

/// The span of one task.
#[derive(Default)]
pub(crate) struct TaskSpan(());

/// The span that a task is given by the user.
#[derive(Default)]
pub(crate) struct GivenSpan<'a>(PhantomData<&'a ()>);

#[expect(clippy::unused_self, reason = "the same as with the feature")]
impl TaskSpan {
    pub(crate) fn of_body() -> Self {
        Self(())
    }

    pub(crate) fn here() -> Self {
        Self(())
    }

    pub(crate) fn is_wanted() -> bool {
        false
    }

    pub(crate) fn of_child(_: impl FnOnce() -> TaskInfo, _: &ScopeNode, _: GivenSpan<'_>, _: Kind) -> Self {
        Self(())
    }

    pub(crate) fn of_member(_: &Env) -> Self {
        Self(())
    }

    pub(in crate::context) fn copy(&self) -> Self {
        Self(())
    }

    pub(crate) fn begin(&mut self, _: &Env) {}

    pub(crate) fn run<T>(&self, f: impl FnOnce() -> T) -> T {
        f()
    }

    pub(crate) fn call<T>(&self, f: impl FnOnce() -> T) -> T {
        f()
    }

    pub(crate) fn poll<F: Future>(&mut self, fut: Pin<&mut F>, cx: &mut Context<'_>) -> Poll<F::Output> {
        fut.poll(cx)
    }

    pub(super) fn end<'a>(self, _: impl FnOnce() -> Outcome<'a>) {}

    pub(crate) fn close(self) {}

    pub(super) fn let_go(&self) {}
}

pub(crate) fn open_scope(_: &mut Env, _: &Arc<ScopeNode>) {}

pub(crate) fn open_gather(_: &ScopeNode) {}

pub(crate) fn scope_cut(_: Option<&str>, _: &CancelReason) {}
