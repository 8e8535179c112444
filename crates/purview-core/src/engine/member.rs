use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use pin_project_lite::pin_project;

use super::pass::{self, Turn};
use crate::{
    cancel::CancelReason,
    context::{Binding, Env, InUnopened, Place, Unopened, enter_bindings},
    inspect::{self, Noted},
    panic::{Panic, catch, catch_expected},
    policy::End,
    stack::with_room,
    tree::TaskNode,
};

pin_project! {
    /// A future polled as a task: inside its surroundings, with its panics caught, stopped where it is to stop and does
    /// not hold. Its future is dropped before its end is given.
    pub(crate) struct Member<F> {
        #[pin]
        fut: Option<F>,
        env: Env,
    }
}

impl<F> Member<F> {
    pub(crate) fn new(fut: F, env: Env) -> Self {
        Self { fut: Some(fut), env }
    }

    pub(crate) fn env(&self) -> &Env {
        &self.env
    }

    pub(crate) fn env_mut(self: Pin<&mut Self>) -> &mut Env {
        self.project().env
    }

    /// Whether its future has not ended.
    pub(crate) fn is_live(&self) -> bool {
        self.fut.is_some()
    }

    /// Its future, where it was never polled.
    pub(crate) fn into_future(self) -> Option<F> {
        self.fut
    }

    /// Drops the future without polling it.
    pub(crate) fn cut<C>(self: Pin<&mut Self>, reason: CancelReason) -> End<C> {
        self.drop_future(End::Cancelled(reason))
    }

    /// The future's destructor may panic: then that is how the task ended.
    #[inline]
    fn drop_future<C>(self: Pin<&mut Self>, end: End<C>) -> End<C> {
        // Of one that has returned hardly anything is left to drop.
        match self.drop_now(matches!(end, End::Returned(_))) {
            None => end,
            Some(panic) => end.panicked_later(panic),
        }
    }

    #[inline]
    fn drop_now(self: Pin<&mut Self>, has_returned: bool) -> Option<Panic> {
        let mut this = self.project();
        if !std::mem::needs_drop::<F>() || this.fut.is_none() {
            this.fut.set(None);
            this.env.let_go_of_span();
            return None;
        }
        let span = this.env.take_span();
        let bindings = this.env.bindings();
        let drop = || with_room(|| span.run(|| this.fut.set(None)));
        let dropped = if has_returned && bindings.is_none() {
            catch(drop)
        } else {
            drop_among(bindings.cloned(), drop)
        };
        this.env.set_span(span);
        this.env.let_go_of_span();
        dropped.err()
    }
}

/// Drops what is left of a task, which sees the task's context values.
#[cold]
fn drop_among(bindings: Option<Arc<Binding>>, drop: impl FnOnce()) -> Result<(), Panic> {
    let _bound = enter_bindings(bindings);
    catch(drop)
}

const ENDED: &str = "a task that has ended is not polled again";

/// How a member learns that it is to stop.
pub(crate) trait Stop {
    fn is_stopped(&self, env: &Env) -> bool;

    /// Why it is to stop; asked only of one that is.
    fn reason(&self, env: &Env) -> CancelReason;

    /// Its future is pending: what stops it learns how to have it polled, and of its node. Comes before the look whether it
    /// is to stop, so that one that waits to be told of a request of this very poll is told, and holds.
    fn remember(&self, env: &mut Env, waker: &Waker) {
        let _ = (env, waker);
    }
}

/// Its node and its scope are all that stop it.
pub(crate) struct ByNode;

impl Stop for ByNode {
    fn is_stopped(&self, env: &Env) -> bool {
        env.is_stopped()
    }

    fn reason(&self, env: &Env) -> CancelReason {
        env.stopped().cloned().unwrap_or(CancelReason::Ended)
    }
}

/// Nothing stops it.
pub(crate) struct Never;

impl Stop for Never {
    fn is_stopped(&self, _: &Env) -> bool {
        false
    }

    fn reason(&self, _: &Env) -> CancelReason {
        CancelReason::Ended
    }
}

impl<F: Future> Member<F> {
    /// Polls the future; ready with its end once it has been dropped. Whether the task is to stop is looked at before the
    /// poll and after it. The waker is one of ours, and is remembered as what has the task polled.
    pub(crate) fn poll(self: Pin<&mut Self>, stop: &impl Stop, cx: &mut Context<'_>) -> Poll<End<F::Output>> {
        self.poll_with(stop, true, cx)
    }

    /// As [`poll`](Self::poll), where another waker has the task polled.
    pub(crate) fn poll_by_another(
        self: Pin<&mut Self>,
        stop: &impl Stop,
        cx: &mut Context<'_>,
    ) -> Poll<End<F::Output>> {
        self.poll_with(stop, false, cx)
    }

    /// Polls the future as the inside of a timeout that has no scope, unless something in it asks for that: see
    /// [`InUnopened::enter`].
    pub(crate) fn poll_unopened(
        mut self: Pin<&mut Self>,
        unopened: &mut Option<Unopened>,
        place: &mut Option<Place>,
        cx: &mut Context<'_>,
    ) -> Poll<End<F::Output>> {
        let this = self.as_mut().project();
        let fut = this.fut.as_pin_mut().expect(ENDED);
        let polled = catch_expected(|| {
            let _inside = InUnopened::enter(unopened, this.env, place);
            with_room(|| fut.poll(cx))
        });
        Poll::Ready(self.drop_future(match polled {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(value)) => End::Returned(value),
            Err(panic) => End::Panicked(panic),
        }))
    }

    /// As [`poll`](Self::poll), if the pass admits it. Being dropped is no poll: that is admitted always.
    pub(crate) fn poll_in_turn(
        mut self: Pin<&mut Self>,
        stop: &impl Stop,
        turn: &mut Turn,
        cx: &mut Context<'_>,
    ) -> Poll<End<F::Output>> {
        let is_to_be_dropped = stop.is_stopped(&self.env) && !self.env.holds();
        if !turn.admits(&self.env, is_to_be_dropped, cx.waker()) {
            return Poll::Pending;
        }
        if is_to_be_dropped {
            let reason = stop.reason(&self.env);
            return Poll::Ready(self.cut(reason));
        }
        let polled = self.as_mut().poll_unstopped(stop, true, cx);
        pass::count_poll(polled.is_pending());
        polled
    }

    fn poll_with(
        self: Pin<&mut Self>,
        stop: &impl Stop,
        is_poller: bool,
        cx: &mut Context<'_>,
    ) -> Poll<End<F::Output>> {
        if stop.is_stopped(&self.env) && !self.env.holds() {
            let reason = stop.reason(&self.env);
            return Poll::Ready(self.cut(reason));
        }
        self.poll_unstopped(stop, is_poller, cx)
    }

    fn poll_unstopped(
        mut self: Pin<&mut Self>,
        stop: &impl Stop,
        is_poller: bool,
        cx: &mut Context<'_>,
    ) -> Poll<End<F::Output>> {
        let end = match self.as_mut().poll_inside(cx) {
            Ok(Poll::Ready(value)) => End::Returned(value),
            Err(panic) => End::Panicked(panic),
            Ok(Poll::Pending) => {
                if let Some(task) = self.env.task().filter(|_| is_poller) {
                    task.set_poller(cx.waker());
                }
                stop.remember(self.as_mut().env_mut(), cx.waker());
                // Looked at after the poller is there: a hold that is let go elsewhere wakes it, or is seen here.
                if !stop.is_stopped(&self.env) || self.env.holds() {
                    return Poll::Pending;
                }
                End::Cancelled(stop.reason(&self.env))
            }
        };
        Poll::Ready(self.drop_future(end))
    }

    fn poll_inside(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Result<Poll<F::Output>, Panic> {
        if inspect::is_on() {
            self.poll_recorded(cx)
        } else {
            self.poll_bare(cx)
        }
    }

    #[cold]
    fn poll_recorded(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Result<Poll<F::Output>, Panic> {
        let noted = self.as_mut().env_mut().note_poll();
        let counted = match noted {
            Noted::WithWaker => self.env.counted(cx.waker()),
            Noted::Nothing | Noted::Poll => None,
        };
        let result = match &counted {
            Some(waker) => self.as_mut().poll_bare(&mut Context::from_waker(waker)),
            None => self.as_mut().poll_bare(cx),
        };
        if noted != Noted::Nothing {
            self.env.note_polled(matches!(result, Ok(Poll::Pending)));
        }
        result
    }

    fn poll_bare(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Result<Poll<F::Output>, Panic> {
        let this = self.project();
        let fut = this.fut.as_pin_mut().expect(ENDED);
        let task: Option<Arc<TaskNode>> = this.env.task().cloned();
        let _polling = task.as_ref().map(|task| task.begin_poll());
        let mut span = this.env.take_span();
        let polled = catch_expected(|| {
            span.begin(this.env);
            let _entered = this.env.enter();
            with_room(|| span.poll(fut, cx))
        });
        this.env.set_span(span);
        polled
    }
}
