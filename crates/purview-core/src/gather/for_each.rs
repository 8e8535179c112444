use std::{
    collections::VecDeque,
    fmt, mem,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use pin_project_lite::pin_project;

use super::{
    crew::{Crew, Turn},
    member::Ended,
    mode,
    options::Gather,
    outcome::{OPENED, into_result},
    source::Source,
};
use crate::{
    cancel::CancelReason,
    error::{FirstPanic, OneByOne, TaskError, expect_panics},
    scope::{State, lane, part},
};

pin_project! {
    /// The future of [`Gather::for_each`].
    ///
    /// **Dropping it** drops the call that is under way, and then all futures.
    #[must_use = "a gather does nothing until awaited"]
    pub struct ForEach<S: Source, F, Fut> {
        #[pin]
        calling: Calling<S, F, Fut>,
    }
}

pin_project! {
    /// A closure that is called with the results of a gather, one at a time, while the other futures run on.
    pub(super) struct Calling<S: Source, F, Fut> {
        #[pin]
        calls: Calls<F, Fut, <S::Future as Future>::Output>,
        set: Gather<S, mode::Completed>,
    }
}

/// What is made of the results of the futures, and of what the calls return.
pub(super) trait Judge<S: Source, C> {
    /// A future has ended: gives its result back where the closure is to be called with it.
    fn ended(
        &mut self,
        ended: Ended<<S::Future as Future>::Output>,
        crew: &mut Crew<S>,
    ) -> Option<Ended<<S::Future as Future>::Output>>;

    /// There will be no more futures than there have been.
    fn exhausted(&mut self);

    /// A call has returned.
    fn returned(&mut self, output: C);

    /// Whether no more calls are to be made, and what is under way is to be cut.
    fn is_over(&self) -> bool;
}

/// `for_each` calls its closure with every result.
struct Everything;

impl<S: Source> Judge<S, ()> for Everything {
    fn ended(
        &mut self,
        ended: Ended<<S::Future as Future>::Output>,
        _: &mut Crew<S>,
    ) -> Option<Ended<<S::Future as Future>::Output>> {
        Some(ended)
    }

    fn exhausted(&mut self) {}

    fn returned(&mut self, (): ()) {}

    fn is_over(&self) -> bool {
        false
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
    Fut: Future,
{
    /// Makes the calls as far as it goes; gives whether none is left. `may_run` is whether this pass may poll a call.
    fn poll<S>(
        self: Pin<&mut Self>,
        state: &Arc<State>,
        may_run: &mut bool,
        judge: &mut impl Judge<S, Fut::Output>,
    ) -> bool
    where
        S: Source<Future: Future<Output = Result<T, E>>>,
    {
        let mut this = self.project();
        let signal = &state.signal;
        loop {
            if this.call.is_none() {
                let Some(ended) = this.backlog.pop_front() else {
                    return true;
                };
                this.call.set(Some((this.f)(ended.index, into_result(ended.end))));
                signal.raise(part::BODY);
            }
            let call = this.call.as_mut().as_pin_mut().expect("one is under way");
            if !*may_run || signal.has_no_steps() || !signal.take(part::BODY) {
                return false;
            }
            signal.count_step();
            let waker = this.waker.get_or_insert_with(|| lane::<{ part::BODY }>(state));
            let Poll::Ready(output) = call.poll(&mut Context::from_waker(waker)) else {
                // One that has only yielded goes on in the next pass, after the others.
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

impl<S: Source, F, Fut> Calling<S, F, Fut> {
    pub(super) fn new(set: Gather<S, mode::Completed>, f: F) -> Self {
        let calls = Calls {
            f,
            call: None,
            waker: None,
            backlog: OneByOne::default(),
            yielded: false,
        };
        Self { calls, set }
    }

    /// How many results wait for their call.
    pub(super) fn backlog(&self) -> usize {
        self.calls.backlog.len()
    }

    /// From the first poll on.
    pub(super) fn crew(self: Pin<&mut Self>) -> &mut Crew<S> {
        self.project().set.crew.as_mut().expect(OPENED)
    }
}

impl<S: Source<Future: Future<Output = Result<T, E>>>, T, E, F, Fut> Calling<S, F, Fut>
where
    F: FnMut(usize, Result<T, TaskError<E>>) -> Fut,
    Fut: Future,
{
    /// Ready when all futures are gone, and no call is left.
    pub(super) fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>, judge: &mut impl Judge<S, Fut::Output>) -> Poll<()> {
        let _expected = expect_panics();
        let mut this = self.project();
        let mut may_run = true;
        if !this.set.outcome.done {
            let crew = this.set.open();
            let state = crew.state().clone();
            let mut pass = crew.begin(cx);
            let mut others_first = mem::take(this.calls.as_mut().project().yielded);
            loop {
                if !mem::take(&mut others_first) {
                    this.calls.as_mut().poll(&state, &mut may_run, judge);
                }
                if judge.is_over() && crew.is_running() {
                    // From here on a panic is one of clean-up, and goes on when all are gone.
                    crew.reports_each = false;
                    crew.cut(&CancelReason::Failed);
                }
                match crew.turn(&mut pass, this.calls.pending()) {
                    Turn::Ended(ended) => {
                        if let Some(ended) = judge.ended(ended, crew) {
                            this.calls.as_mut().push(ended);
                        }
                    }
                    Turn::Exhausted => judge.exhausted(),
                    // A future may have woken the call.
                    Turn::Waiting if may_run && !state.signal.has_no_steps() && state.signal.is_raised(part::BODY) => {}
                    Turn::Waiting => return Poll::Pending,
                    Turn::Over => break,
                }
            }
            pass.end_quietly();
            this.set.outcome.done = true;
            this.set.crew.as_mut().expect(OPENED).end();
        }
        let crew = this.set.crew.as_ref().expect(OPENED);
        let signal = &crew.state().signal;
        signal.begin(cx.waker());
        if this.calls.poll(crew.state(), &mut may_run, judge) {
            signal.close();
            return Poll::Ready(());
        }
        // Only the call is left: what the others were woken for concerns nobody, and must not wake this for ever.
        signal.forget_all_but(part::BODY);
        signal.end();
        Poll::Pending
    }
}

impl<S: Source, F, Fut> ForEach<S, F, Fut> {
    pub(super) fn new(set: Gather<S, mode::Completed>, f: F) -> Self {
        Self {
            calling: Calling::new(set, f),
        }
    }
}

impl<S: Source<Future: Future<Output = Result<T, E>>>, T, E, F, Fut> Future for ForEach<S, F, Fut>
where
    F: FnMut(usize, Result<T, TaskError<E>>) -> Fut,
    Fut: Future<Output = ()>,
{
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.project().calling.poll(cx, &mut Everything)
    }
}

impl<S: Source, F, Fut> fmt::Debug for ForEach<S, F, Fut> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ForEach")
            .field("backlog", &self.calling.backlog())
            .finish_non_exhaustive()
    }
}
