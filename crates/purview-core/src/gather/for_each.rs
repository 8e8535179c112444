use std::{
    collections::VecDeque,
    fmt, mem,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use pin_project_lite::pin_project;

use super::{
    crew::Turn,
    member::Ended,
    mode,
    options::Gather,
    outcome::{OPENED, into_result},
    source::Source,
};
use crate::{
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
        calls: Calls<F, Fut, <S::Future as Future>::Output>,
        set: Gather<S, mode::Completed>,
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
    fn poll(self: Pin<&mut Self>, state: &Arc<State>, may_run: &mut bool) -> bool {
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

impl<S: Source, F, Fut> ForEach<S, F, Fut> {
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
        if !this.set.outcome.done {
            let crew = this.set.open();
            let state = crew.state().clone();
            let mut pass = crew.begin(cx);
            let mut others_first = mem::take(this.calls.as_mut().project().yielded);
            loop {
                if !mem::take(&mut others_first) {
                    this.calls.as_mut().poll(&state, &mut may_run);
                }
                match crew.turn(&mut pass, this.calls.pending()) {
                    Turn::Ended(ended) => this.calls.as_mut().push(ended),
                    Turn::Exhausted => {}
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
        if this.calls.poll(crew.state(), &mut may_run) {
            signal.close();
            return Poll::Ready(());
        }
        // Only the call is left: what the others were woken for concerns nobody, and must not wake this for ever.
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
