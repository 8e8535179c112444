use std::{
    collections::VecDeque,
    fmt, mem,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker, ready},
    time::Instant,
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
    tree::ScopeNode,
    wake::{part, part_waker},
};

impl<S: Source<Future: Future<Output = Result<T, E>>>, T, E> Gather<S> {
    /// Calls `f` with each result as it comes, one at a time, while the other futures run on.
    ///
    /// It takes `FnMut(..) -> Fut` and not `AsyncFnMut`, whose future would not be `Send` once the closure captures a
    /// reference: an `async |index, result| ..` closure fits, but one that mutates a captured local is refused; collect into
    /// a `Mutex` or a `Cell`. Under a limit, results that wait for `f` keep their places, so that a slow consumer slows
    /// the source down.
    ///
    /// ```
    /// use std::sync::Mutex;
    ///
    /// let seen = Mutex::new(Vec::new());
    /// purview_core::block_on(
    ///     purview_core::gather((0..3).map(async |n| Ok::<_, ()>(n)))
    ///         .for_each(async |index, result| seen.lock().unwrap().push((index, result.unwrap()))),
    /// );
    /// assert_eq!(*seen.lock().unwrap(), [(0, 0), (1, 1), (2, 2)]);
    /// ```
    pub fn for_each<F, Fut>(self, f: F) -> ForEach<S, F, Fut>
    where
        F: FnMut(usize, Result<T, TaskError<E>>) -> Fut,
        Fut: Future<Output = ()>,
    {
        let calls = Calls {
            f,
            call: None,
            waker: None,
            backlog: OneByOne::default(),
            yielded: false,
        };
        ForEach {
            calls,
            gather: self.as_completed(),
        }
    }
}

pin_project! {
    /// The future of [`Gather::for_each`].
    ///
    /// **Dropping it** drops the call that is under way, and then all futures.
    #[must_use = "a gather does nothing until awaited"]
    pub struct ForEach<S: Source, F, Fut> {
        #[pin]
        calls: Calls<F, Fut, <S::Future as Future>::Output>,
        gather: Gather<S, Completed>,
    }
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

    impl<F, Fut, O> PinnedDrop for Calls<F, Fut, O> {
        fn drop(this: Pin<&mut Self>) {
            let mut call = this.project().call;
            let mut panicked = FirstPanic::default();
            panicked.run(|| call.set(None));
            panicked.resume_if_expected();
        }
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
    Fut: Future<Output = ()>,
{
    /// Makes the calls as far as it goes; gives whether none is left. `may_run` is whether this pass may poll a call.
    fn poll(self: Pin<&mut Self>, node: &Arc<ScopeNode>, may_run: &mut bool) -> bool {
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
            if call.poll(&mut Context::from_waker(waker)).is_pending() {
                // One that has only yielded goes on in the next pass, after the others.
                *this.yielded = signal.is_raised(part::BODY);
                *may_run = !*this.yielded;
                return false;
            }
            this.call.set(None);
        }
    }

    fn push(self: Pin<&mut Self>, ended: Ended<Result<T, E>>) {
        self.project().backlog.push_back(ended);
    }
}

/// The futures of a gather, and the calls with what has come of them, in one pass.
struct Called<'a, S: Source, F, Fut> {
    calls: Pin<&'a mut Calls<F, Fut, <S::Future as Future>::Output>>,
    futures: &'a mut Futures<S>,
    /// Whether this pass may poll a call.
    may_run: bool,
    others_first: bool,
}

impl<S: Source<Future: Future<Output = Result<T, E>>>, T, E, F, Fut> Members for Called<'_, S, F, Fut>
where
    F: FnMut(usize, Result<T, TaskError<E>>) -> Fut,
    Fut: Future<Output = ()>,
{
    fn run(&mut self, engine: &mut Engine) -> Progress {
        let node = engine.node.clone();
        loop {
            if !mem::take(&mut self.others_first) {
                self.calls.as_mut().poll(&node, &mut self.may_run);
            }
            self.futures.backlog = self.calls.pending();
            match self.futures.step(engine) {
                Step::Ended(ended) => self.calls.as_mut().push(ended),
                Step::Exhausted => {}
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

impl<S: Source, F, Fut> Called<'_, S, F, Fut> {
    /// Whether a future has woken the call.
    fn is_calls_turn(&self, engine: &Engine) -> bool {
        self.may_run && !pass::has_no_steps() && engine.signal().is_raised(part::BODY)
    }
}

impl<S: Source<Future: Future<Output = Result<T, E>>>, T, E, F, Fut> Future for ForEach<S, F, Fut>
where
    F: FnMut(usize, Result<T, TaskError<E>>) -> Fut,
    Fut: Future<Output = ()>,
{
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let _expected = expect_panics();
        let mut this = self.project();
        let mut may_run = true;
        if !this.gather.outcome.done {
            let Opened { engine, futures } = this.gather.open();
            let others_first = mem::take(this.calls.as_mut().project().yielded);
            let mut called = Called {
                calls: this.calls.as_mut(),
                futures,
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
        let is_done = this.calls.poll(&engine.node, &mut may_run);
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

impl<S: Source, F, Fut> fmt::Debug for ForEach<S, F, Fut> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ForEach")
            .field("backlog", &self.calls.backlog.len())
            .finish_non_exhaustive()
    }
}
