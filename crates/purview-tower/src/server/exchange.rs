//! Between what handles a request, inside the service's scope, and what sends the response.

use std::{
    future::poll_fn,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use http::Response;
use http_body::{Body, Frame, SizeHint};
use purview_core::{CancelReason, CancelToken};

use super::overdue::Due;

/// What the two sides of one request hand to each other. Frames go one at a time, on demand.
pub(super) struct Exchange<B: Body, E>(Mutex<State<B, E>>);

struct State<B: Body, E> {
    answer: Option<Result<Response<Reply<B>>, E>>,
    frames: Frames<B::Data, B::Error>,
    hint: SizeHint,
    /// When the body is late.
    due: Option<Due>,
    /// Of the request's scope, once it has begun.
    token: Option<CancelToken>,
    /// Why the request's scope was cut.
    stopped: Option<CancelReason>,
    /// The response was dropped.
    left: bool,
    /// What sends the response waits for something.
    sender: Option<Waker>,
    /// What handles the request waits until a frame is wanted.
    handler: Option<Waker>,
}

/// A frame of a body, or its failure.
pub(super) type Sent<B> = Result<Frame<<B as Body>::Data>, <B as Body>::Error>;

/// The body of an answer.
pub(super) enum Reply<B> {
    Whole(B),
    /// It comes frame by frame.
    Frames,
}

enum Frames<D, E> {
    NotWanted,
    Wanted,
    Ready(Result<Frame<D>, E>),
    /// The last one has been taken.
    Ended,
    /// There is one more, and then it ends.
    Last(Result<Frame<D>, E>),
}

impl<B: Body, E> Exchange<B, E> {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new(State {
            answer: None,
            frames: Frames::NotWanted,
            hint: SizeHint::default(),
            due: None,
            token: None,
            stopped: None,
            left: false,
            sender: None,
            handler: None,
        })))
    }

    // -- what handles the request

    pub(super) fn begin(&self, token: CancelToken) {
        self.lock().token = Some(token);
    }

    /// Only a request that has a deadline or a grace says that it begins.
    pub(super) fn has_begun(&self) -> bool {
        self.lock().token.is_some()
    }

    pub(super) fn answer(&self, answer: Result<Response<Reply<B>>, E>) {
        self.change(|state| state.answer = Some(answer));
    }

    pub(super) fn stop(&self, reason: CancelReason) {
        // The first reason is kept.
        self.change(|state| {
            state.stopped.get_or_insert(reason);
        });
    }

    /// Waits until a frame is wanted; gives `false` where none will be any more.
    pub(super) async fn wanted(&self) -> bool {
        poll_fn(|cx| {
            let waker = cx.waker().clone();
            let mut state = self.lock();
            if state.left {
                return Poll::Ready(false);
            }
            if matches!(state.frames, Frames::Wanted) {
                return Poll::Ready(true);
            }
            let old = state.handler.replace(waker);
            drop(state);
            drop(old);
            Poll::Pending
        })
        .await
    }

    /// Whether the response was dropped; what handles the request is woken when it is.
    pub(super) fn poll_left(&self, cx: &mut Context<'_>) -> bool {
        let waker = cx.waker().clone();
        let mut state = self.lock();
        let left = state.left;
        let old = state.handler.replace(waker);
        drop(state);
        drop(old);
        left
    }

    /// When the body that comes is late.
    pub(super) fn due(&self, due: Due) {
        self.lock().due = Some(due);
    }

    pub(super) fn hint(&self, hint: SizeHint) {
        self.lock().hint = hint;
    }

    pub(super) fn put(&self, frame: Sent<B>, hint: SizeHint, last: bool) {
        self.change(|state| {
            state.hint = hint;
            state.frames = if last {
                Frames::Last(frame)
            } else {
                Frames::Ready(frame)
            };
        });
    }

    pub(super) fn end(&self) {
        self.change(|state| state.frames = Frames::Ended);
    }

    // -- what sends the response

    pub(super) fn want(&self) {
        let handler = {
            let mut state = self.lock();
            // Once for each frame: what handles the request may be the very task that calls this.
            if !matches!(state.frames, Frames::NotWanted) {
                return;
            }
            state.frames = Frames::Wanted;
            state.handler.take()
        };
        handler.into_iter().for_each(Waker::wake);
    }

    /// Is woken when something changes.
    pub(super) fn wait(&self, cx: &Context<'_>) {
        let waker = cx.waker().clone();
        let old = self.lock().sender.replace(waker);
        drop(old);
    }

    pub(super) fn take_answer(&self) -> Option<Result<Response<Reply<B>>, E>> {
        self.lock().answer.take()
    }

    pub(super) fn take_due(&self) -> Option<Due> {
        self.lock().due.take()
    }

    /// The frame that is there; `Ready(None)` at the end of the body.
    pub(super) fn take_frame(&self) -> Poll<Option<Sent<B>>> {
        let mut state = self.lock();
        match mem::replace(&mut state.frames, Frames::NotWanted) {
            Frames::Ready(frame) => Poll::Ready(Some(frame)),
            Frames::Last(frame) => {
                state.frames = Frames::Ended;
                Poll::Ready(Some(frame))
            }
            Frames::Ended => {
                state.frames = Frames::Ended;
                Poll::Ready(None)
            }
            waiting => {
                state.frames = waiting;
                Poll::Pending
            }
        }
    }

    pub(super) fn is_at_end(&self) -> bool {
        matches!(self.lock().frames, Frames::Ended)
    }

    pub(super) fn size_hint(&self) -> SizeHint {
        // It is `Copy` in newer versions of http-body only.
        SizeHint::clone(&self.lock().hint)
    }

    /// Why the request was stopped, or is being stopped.
    pub(super) fn stopped(&self) -> Option<CancelReason> {
        let (stopped, token) = {
            let state = self.lock();
            (state.stopped.clone(), state.token.clone())
        };
        // The ordinary end of the scope fires its token too.
        let reason = || token?.reason().filter(|reason| *reason != CancelReason::Ended);
        stopped.or_else(reason)
    }

    /// The response is dropped.
    pub(super) fn leave(&self) {
        let left = {
            let mut state = self.lock();
            state.left = true;
            (state.handler.take(), state.answer.take())
        };
        left.0.into_iter().for_each(Waker::wake);
    }

    fn change(&self, change: impl FnOnce(&mut State<B, E>)) {
        let sender = {
            let mut state = self.lock();
            change(&mut state);
            state.sender.take()
        };
        sender.into_iter().for_each(Waker::wake);
    }

    fn lock(&self) -> MutexGuard<'_, State<B, E>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
