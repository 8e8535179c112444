//! Calling a closure with the results of a gather, one at a time, while the other futures run on.

use std::{
    collections::VecDeque,
    mem,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker, ready},
};

use pin_project_lite::pin_project;

use super::{Completed, judged::OPENED};
use crate::{
    cancel::CancelReason,
    engine::{Engine, Members, Progress, pass},
    error::TaskError,
    gather::{
        members::{Futures, Step},
        numbered::Ended,
        opened::Opened,
        options::Gather,
        outcome::into_result,
        source::Source,
    },
    panic::{FirstPanic, OneByOne, expect_panics},
    stack::with_room,
    time::Instant,
    tree::ScopeNode,
    wake::{part, part_waker},
};

pin_project! {
    /// A gather, and the calls with what comes of it.
    pub(super) struct Calling<S: Source, F, Fut> {
        #[pin]
        calls: Calls<F, Fut, <S::Future as Future>::Output>,
        gather: Gather<S, Completed>,
        // It has completed, or a call has panicked.
        over: bool,
    }

    impl<S: Source, F, Fut> PinnedDrop for Calling<S, F, Fut> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            let mut call = this.calls.project().call;
            let mut panicked = FirstPanic::default();
            panicked.run(|| with_room(|| call.set(None)));
            // While only a call was left, it was the one that woke the task.
            let opened = this.gather.opened.as_ref().filter(|opened| opened.engine.stage.is_ended());
            if let Some(Opened { engine, .. }) = opened {
                engine.signal().close();
            }
            panicked.resume_if_expected();
        }
    }
}

/// What is made of the results of the futures, and of what the calls return.
pub(super) trait Judge<O, C> {
    /// A future has ended: gives its result back where the closure is to be called with it.
    fn ended(&mut self, ended: Ended<O>, panicked: &mut FirstPanic) -> Option<Ended<O>>;

    /// There will be no more futures than there have been.
    fn exhausted(&mut self);

    /// A call has returned.
    fn returned(&mut self, output: C);

    /// Whether no more calls are to be made, and the other futures are to be dropped.
    fn is_over(&self) -> bool;
}

pin_project! {
    /// The call that is under way, and the results that wait for theirs.
    struct Calls<F, Fut, O> {
        f: F,
        #[pin]
        call: Option<Fut>,
        waker: Option<Waker>,
        backlog: OneByOne<VecDeque<Ended<O>>>,
        // The call has only yielded when it was polled last.
        yielded: bool,
    }
}

impl<F, Fut, O> Calls<F, Fut, O> {
    /// How many results have not been dealt with.
    fn pending(&self) -> usize {
        self.backlog.len() + usize::from(self.call.is_some())
    }
}

impl<F, Fut, T, E> Calls<F, Fut, Result<T, E>>
where
    F: FnMut(usize, Result<T, TaskError<E>>) -> Fut,
    Fut: Future,
{
    /// Makes the calls as far as it goes; gives whether none is left. `may_run` is whether this pass may poll a call.
    fn poll(
        self: Pin<&mut Self>,
        node: &Arc<ScopeNode>,
        may_run: &mut bool,
        judge: &mut impl Judge<Result<T, E>, Fut::Output>,
    ) -> bool {
        let mut this = self.project();
        let signal = node.signal();
        loop {
            if this.call.is_none() {
                let Some(ended) = this.backlog.pop_front() else {
                    return true;
                };
                this.call.set(Some((this.f)(ended.index, into_result(ended.end))));
                signal.raise(part::BODY);
            }
            let call = this.call.as_mut().as_pin_mut().expect("one is under way");
            if !*may_run || pass::has_no_steps() || !signal.take(part::BODY) {
                return false;
            }
            pass::count_step();
            let waker = this.waker.get_or_insert_with(|| part_waker::<{ part::BODY }, _>(node));
            let Poll::Ready(output) = with_room(|| call.poll(&mut Context::from_waker(waker))) else {
                // One that has only yielded continues in the next pass, after the others.
                *this.yielded = signal.is_raised(part::BODY);
                *may_run = !*this.yielded;
                return false;
            };
            this.call.set(None);
            judge.returned(output);
            if judge.is_over() {
                drop(OneByOne::new(this.backlog.take_all()));
            }
        }
    }

    fn push(self: Pin<&mut Self>, ended: Ended<Result<T, E>>) {
        self.project().backlog.push_back(ended);
    }
}

/// The futures of a gather, and the calls with what has come of them, in one pass.
struct Called<'a, S: Source, F, Fut, J> {
    calls: Pin<&'a mut Calls<F, Fut, <S::Future as Future>::Output>>,
    futures: &'a mut Futures<S>,
    judge: &'a mut J,
    /// Whether this pass may poll a call.
    may_run: bool,
    others_first: bool,
}

impl<S: Source<Future: Future<Output = Result<T, E>>>, T, E, F, Fut, J> Members for Called<'_, S, F, Fut, J>
where
    F: FnMut(usize, Result<T, TaskError<E>>) -> Fut,
    Fut: Future,
    J: Judge<Result<T, E>, Fut::Output>,
{
    fn run(&mut self, engine: &mut Engine) -> Progress {
        let node = engine.node.clone();
        loop {
            if !mem::take(&mut self.others_first) {
                self.calls.as_mut().poll(&node, &mut self.may_run, self.judge);
            }
            if self.judge.is_over() && engine.is_running() {
                // From here on a panic is one of clean-up, and is resumed when all have been dropped.
                self.futures.reports_each = false;
                self.futures.verdict.get_or_insert(CancelReason::Failed);
            }
            self.futures.backlog = self.calls.pending();
            match self.futures.step(engine) {
                Step::Ended(ended) => {
                    if let Some(ended) = self.judge.ended(ended, &mut engine.panicked) {
                        self.calls.as_mut().push(ended);
                    }
                }
                Step::Exhausted => self.judge.exhausted(),
                // The end of the engine would forget that the call was woken.
                Step::None(Progress::Over) => return Progress::Item,
                Step::None(Progress::Idle) if self.is_calls_turn(engine) => return Progress::Busy,
                Step::None(progress) => return progress,
            }
            if engine.signal().is_raised(part::CANCEL) {
                return Progress::Busy;
            }
        }
    }

    fn cut(&mut self, engine: &mut Engine, reason: &CancelReason) {
        self.futures.cut(engine, reason);
    }

    fn due(&self, engine: &Engine) -> Option<Instant> {
        self.futures.due(engine)
    }
}

impl<S: Source, F, Fut, J> Called<'_, S, F, Fut, J> {
    /// Whether a future has woken the call.
    fn is_calls_turn(&self, engine: &Engine) -> bool {
        self.may_run && !pass::has_no_steps() && engine.signal().is_raised(part::BODY)
    }
}

impl<S: Source, F, Fut> Calling<S, F, Fut> {
    pub(super) fn new(gather: Gather<S, Completed>, f: F) -> Self {
        let calls = Calls {
            f,
            call: None,
            waker: None,
            backlog: OneByOne::default(),
            yielded: false,
        };
        Self {
            calls,
            gather,
            over: false,
        }
    }

    /// How many results wait for their call.
    pub(super) fn backlog(&self) -> usize {
        self.calls.backlog.len()
    }

    /// The gather from the first poll on.
    pub(super) fn opened(&self) -> &Opened<S> {
        self.gather.opened.as_ref().expect(OPENED)
    }
}

impl<S: Source<Future: Future<Output = Result<T, E>>>, T, E, F, Fut> Calling<S, F, Fut>
where
    F: FnMut(usize, Result<T, TaskError<E>>) -> Fut,
    Fut: Future,
{
    /// Ready when all futures have ended, and no call is left.
    pub(super) fn poll(
        mut self: Pin<&mut Self>,
        cx: &Context<'_>,
        judge: &mut impl Judge<Result<T, E>, Fut::Output>,
    ) -> Poll<()> {
        assert!(
            !mem::replace(self.as_mut().project().over, true),
            "a gather must not be polled after it has completed"
        );
        let polled = self.as_mut().poll_both(cx, judge);
        *self.project().over = polled.is_ready();
        polled
    }

    fn poll_both(
        self: Pin<&mut Self>,
        cx: &Context<'_>,
        judge: &mut impl Judge<Result<T, E>, Fut::Output>,
    ) -> Poll<()> {
        let _expected = expect_panics();
        let mut this = self.project();
        let mut may_run = true;
        if !this.gather.outcome.done {
            let Opened { engine, futures } = this.gather.open();
            let others_first = mem::take(this.calls.as_mut().project().yielded);
            let mut called = Called {
                calls: this.calls.as_mut(),
                futures,
                judge,
                may_run,
                others_first,
            };
            ready!(engine.drive(&mut called, cx));
            may_run = called.may_run;
            this.gather.end();
        }
        let engine = &this.gather.opened.as_ref().expect(OPENED).engine;
        let signal = engine.signal();
        signal.begin(cx.waker());
        let pass = pass::begin(1);
        let is_done = this.calls.poll(&engine.node, &mut may_run, judge);
        drop(pass);
        if is_done {
            signal.close();
            return Poll::Ready(());
        }
        // Only the call is left: what the others were woken for is nothing to do, and must not wake this for ever.
        signal.forget_all_but(part::BODY);
        signal.end();
        Poll::Pending
    }
}
