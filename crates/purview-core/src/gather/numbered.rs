use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use pin_project_lite::pin_project;

use super::fails::Fails;
use crate::{
    cancel::CancelReason,
    context::{Binding, Env, TaskSpan},
    engine::{ByNode, Member, SetMember, pass::Turn},
    panic::FirstPanic,
    policy::End,
    tree::{ScopeNode, TaskId, TaskNode},
};

/// How a future of a gather ended, and which it was.
pub(super) struct Ended<O> {
    pub(super) index: usize,
    pub(super) id: TaskId,
    pub(super) end: End<O>,
}

impl<O> Ended<O> {
    /// How it ended is not reported, but for a panic.
    pub(super) fn drop_into(self, panicked: &mut FirstPanic) {
        self.end.drop_into(panicked);
    }
}

/// How a future ended, and its task where something that it has started still runs on another thread.
pub(super) type Left<O> = (Ended<O>, Option<Arc<TaskNode>>);

pin_project! {
    /// A future of a gather, in the set.
    pub(super) struct Numbered<F: Future> {
        #[pin]
        member: Member<F>,
        index: usize,
        fails: Fails<F::Output>,
    }
}

/// The surroundings of a future that is about to start.
pub(super) fn env(node: &Arc<ScopeNode>, index: usize, bindings: Option<Arc<Binding>>) -> Env {
    let mut env = Env::child(node.clone(), TaskId::next(), index as u64, bindings);
    env.set_span(TaskSpan::of_member(&env));
    env
}

impl<F: Future> Numbered<F> {
    #[inline]
    pub(super) fn new(fut: F, index: usize, fails: Fails<F::Output>, env: Env) -> Self {
        Self {
            member: Member::new(fut, env),
            index,
            fails,
        }
    }

    pub(super) fn id(&self) -> TaskId {
        self.member.env().id()
    }

    pub(super) fn holds(&self) -> bool {
        self.member.env().holds()
    }
}

impl<F: Future> Numbered<F> {
    /// Drops its future without polling it.
    pub(super) fn cut(self: Pin<&mut Self>, reason: &CancelReason) -> Left<F::Output> {
        let mut this = self.project();
        let end = this.member.as_mut().cut(reason.clone());
        left(*this.index, *this.fails, this.member.env_mut(), end)
    }
}

impl<F: Future> SetMember for Numbered<F> {
    type Out = Left<F::Output>;

    fn poll_out(this: Pin<&mut Option<Self>>, turn: &mut Turn, cx: &mut Context<'_>) -> Poll<Self::Out> {
        let this = this.as_pin_mut().expect("an empty place is not polled");
        let mut this = this.project();
        let polled = this.member.as_mut().poll_in_turn(&ByNode, turn, cx);
        polled.map(|end| left(*this.index, *this.fails, this.member.env_mut(), end))
    }
}

#[inline]
fn left<O>(index: usize, fails: Fails<O>, env: &mut Env, end: End<O>) -> Left<O> {
    env.note_outcome(|| fails.outcome(&end));
    let (end, elsewhere) = end_task(env, end);
    let ended = Ended {
        index,
        id: env.id(),
        end,
    };
    (ended, elsewhere)
}

/// The task has ended; gives its node where something that it has started still runs on another thread. The end of that
/// wakes the gather.
pub(super) fn end_task<O>(env: &Env, end: End<O>) -> (End<O>, Option<Arc<TaskNode>>) {
    let Some(task) = env.task() else {
        env.note_end();
        return (end, None);
    };
    let end = end.after(|| task.end());
    env.note_end();
    if !task.is_elsewhere() {
        return (end, None);
    }
    task.set_poller(&Waker::from(task.scope.clone()));
    // It may have ended just before the waker was there.
    (end, task.is_elsewhere().then(|| task.clone()))
}
