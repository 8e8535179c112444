use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use pin_project_lite::pin_project;

use crate::{
    cancel::CancelReason,
    census,
    context::{Env, TaskSpan},
    panic::catch_expected,
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
        span: TaskSpan,
    }
}

impl<F> Member<F> {
    pub(crate) fn new(fut: F, env: Env) -> Self {
        Self {
            fut: Some(fut),
            env,
            span: TaskSpan::default(),
        }
    }

    /// A future that runs inside of a task, and is none itself.
    pub(crate) fn without_span(fut: F, env: Env) -> Self {
        Self {
            span: TaskSpan::none(),
            ..Self::new(fut, env)
        }
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
    fn drop_future<C>(self: Pin<&mut Self>, end: End<C>) -> End<C> {
        let mut this = self.project();
        this.span.ended();
        if std::mem::needs_drop::<F>() {
            end.after(|| this.fut.set(None))
        } else {
            this.fut.set(None);
            end
        }
    }
}

impl<F: Future> Member<F> {
    /// Polls the future; ready with its end once it has been dropped. `stop` says whether the task is to stop, before the
    /// poll and after it. `poller` has the task polled again; it is a waker of ours.
    pub(crate) fn poll(
        mut self: Pin<&mut Self>,
        stop: impl Fn(&Env) -> Option<CancelReason>,
        poller: Option<&Waker>,
        cx: &mut Context<'_>,
    ) -> Poll<End<F::Output>> {
        if let Some(reason) = stop(&self.env).filter(|_| !self.env.holds()) {
            return Poll::Ready(self.cut(reason));
        }
        let end = match self.as_mut().poll_inside(cx) {
            Ok(Poll::Ready(value)) => End::Returned(value),
            Err(panic) => End::Panicked(panic),
            Ok(Poll::Pending) => {
                if let (Some(task), Some(poller)) = (self.env.task(), poller) {
                    task.set_poller(poller);
                }
                // Looked at after the poller is there: a hold that is let go elsewhere wakes it, or is seen here.
                match stop(&self.env).filter(|_| !self.env.holds()) {
                    Some(reason) => End::Cancelled(reason),
                    None => return Poll::Pending,
                }
            }
        };
        Poll::Ready(self.drop_future(end))
    }

    fn poll_inside(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Result<Poll<F::Output>, crate::panic::Panic> {
        let this = self.project();
        let fut = this
            .fut
            .as_pin_mut()
            .expect("a task that has ended is not polled again");
        census::polled(this.env);
        this.span.make(this.env);
        let task: Option<Arc<TaskNode>> = this.env.task().cloned();
        let _polling = task.as_ref().map(|task| task.begin_poll());
        catch_expected(|| {
            let _entered = this.env.enter();
            with_room(|| this.span.run(|| fut.poll(cx)))
        })
    }
}
