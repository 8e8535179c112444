use std::{
    mem,
    num::NonZeroUsize,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use pin_project_lite::pin_project;

use super::{
    slots::{EndKind, Left, Slots},
    wakers::member_part,
};
use crate::{
    cancel::CancelReason,
    context::{self, Binding, open_gather},
    engine::{Engine, Members, Options, Progress, Rate, pass},
    panic::FirstPanic,
    time::Instant,
    tree::{ScopeNode, TaskNode},
    wake::part,
};

pin_project! {
    /// The futures of a `gather!`, which stay in their slots.
    pub(super) struct Slotted<S: Slots> {
        #[pin]
        slots: S,
        pub(super) options: Options,
        // From the first poll on.
        opened: Option<Opened>,
    }

    impl<S: Slots> PinnedDrop for Slotted<S> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            match this.opened {
                Some(Opened { engine, run }) => abandon(engine, SlotMembers { slots: this.slots, run }),
                None => drop_unpolled(this.slots),
            }
        }
    }
}

struct Opened {
    engine: Engine,
    run: Run,
}

/// How far the futures of a `gather!` have come: one bit for each.
struct Run {
    started: u32,
    ended: u32,
    /// The one that comes first in the next pass: the last one ended before it.
    first: usize,
    limit: usize,
    rate: Option<Rate>,
    /// When the rate lets the next one start.
    next_start: Option<Instant>,
    bindings: Option<Arc<Binding>>,
    /// Those that failed, in the order they did.
    failed: Vec<usize>,
    /// Whether the first failure ends it; else each future is reported by itself, its panic too.
    fail_fast: bool,
    /// Why the others are to be dropped.
    verdict: Option<CancelReason>,
    /// Something that these have started runs on another thread, and is waited for.
    elsewhere: Vec<Arc<TaskNode>>,
}

/// What came of a `gather!`: its slots, why it was cut, those that failed, and its node.
pub(super) type Outcome<'a, S> = (Pin<&'a mut S>, Option<CancelReason>, Vec<usize>, &'a ScopeNode);

fn gather_node<S: Slots>(options: &mut Options) -> Arc<ScopeNode> {
    let node = options.make_node();
    node.set_gather();
    open_gather(&node);
    node.note_total(Some(S::LEN));
    node
}

impl<S: Slots> Slotted<S> {
    #[track_caller]
    pub(super) fn new(slots: S) -> Self {
        Self {
            slots,
            options: Options::default().opened_here(),
            opened: None,
        }
    }

    /// Ready when all have ended.
    pub(super) fn poll(self: Pin<&mut Self>, cx: &Context<'_>, fail_fast: bool) -> Poll<()> {
        let this = self.project();
        let options = this.options;
        let Opened { engine, run } = this.opened.get_or_insert_with(|| Opened {
            engine: Engine::new(gather_node::<S>(options), options.grace),
            run: Run {
                started: 0,
                ended: 0,
                first: 0,
                limit: options.limit.map_or(S::LEN, NonZeroUsize::get),
                rate: options.rate.take(),
                next_start: None,
                bindings: context::bindings(),
                failed: Vec::new(),
                fail_fast,
                verdict: None,
                elsewhere: Vec::new(),
            },
        });
        assert!(
            !engine.stage.is_ended(),
            "a gather must not be polled after it has completed"
        );
        ready!(engine.drive(&mut SlotMembers { slots: this.slots, run }, cx));
        engine.end();
        engine.panicked.resume();
        Poll::Ready(())
    }

    pub(super) fn slots(self: Pin<&mut Self>) -> Pin<&mut S> {
        self.project().slots
    }

    /// What came of it, once it has ended.
    pub(super) fn ended(self: Pin<&mut Self>) -> Outcome<'_, S> {
        let this = self.project();
        let Opened { engine, run } = this.opened.as_mut().expect("it has run just now");
        let stopped = engine.stage.stopped().cloned();
        let failed = mem::take(&mut run.failed);
        (this.slots, stopped, failed, &engine.node)
    }
}

/// The slots, and how far they have come.
struct SlotMembers<'a, S> {
    slots: Pin<&'a mut S>,
    run: &'a mut Run,
}

impl<S: Slots> SlotMembers<'_, S> {
    /// Starts as many as there is room for.
    fn start(&mut self, engine: &Engine) {
        let run = &mut *self.run;
        run.next_start = None;
        if !engine.is_running() || engine.late {
            return;
        }
        while (run.started.count_ones() as usize) < S::LEN
            && ((run.started & !run.ended).count_ones() as usize) < run.limit
        {
            if let Some(Err(at)) = run.rate.as_ref().map(|rate| rate.start(engine.now())) {
                run.next_start = Some(at);
                break;
            }
            let index = run.started.trailing_ones() as usize;
            run.started |= 1 << index;
            self.slots.as_mut().start(index, &engine.node, run.bindings.clone());
            engine.signal().raise(member_part(index));
        }
    }

    /// Polls those that were woken, in the order of their index, until the pass is over; gives whether there were any.
    fn poll_woken(&mut self, engine: &mut Engine) -> bool {
        let node = engine.node.clone();
        let signal = node.signal();
        // The task of one that has ended was woken for what runs elsewhere, and wakers of its may still be about.
        signal.take(part::CHILDREN | (self.run.ended * part::MEMBER));
        let mut any = false;
        let first = mem::take(&mut self.run.first);
        for index in (first..S::LEN).chain(0..first) {
            let is_running = self.run.started & !self.run.ended & (1 << index) != 0;
            if !is_running || signal.is_raised(part::CANCEL) || !signal.is_raised(member_part(index)) {
                continue;
            }
            if pass::is_over() {
                self.run.first = index;
                break;
            }
            signal.take(member_part(index));
            any = true;
            if let Poll::Ready(left) = self.slots.as_mut().poll(index) {
                let kind = self.has_ended(index, left);
                if self.run.fail_fast {
                    self.judge(index, kind, engine);
                }
            }
            if self.run.verdict.is_some() && engine.is_running() {
                break;
            }
        }
        any
    }

    fn has_ended(&mut self, index: usize, (kind, elsewhere): Left) -> EndKind {
        // One that was never started counts as started from now on.
        self.run.started |= 1 << index;
        self.run.ended |= 1 << index;
        self.run.elsewhere.extend(elsewhere);
        kind
    }

    fn judge(&mut self, index: usize, kind: EndKind, engine: &mut Engine) {
        let reason = match kind {
            EndKind::Succeeded | EndKind::Cancelled => return,
            EndKind::Failed => {
                self.run.failed.push(index);
                CancelReason::Failed
            }
            EndKind::Panicked => {
                self.keep_panic(index, &mut engine.panicked);
                CancelReason::Panicked
            }
        };
        self.run.verdict.get_or_insert(reason);
    }

    fn keep_panic(&mut self, index: usize, panicked: &mut FirstPanic) {
        if let Some(panic) = self.slots.as_mut().take_panic(index) {
            panicked.keep(panic);
        }
    }

    fn is_over(&mut self, engine: &Engine) -> bool {
        self.run.elsewhere.retain(|task| task.is_elsewhere());
        let none_to_start = !engine.is_running() || self.run.started.count_ones() as usize == S::LEN;
        self.run.started == self.run.ended && none_to_start && self.run.elsewhere.is_empty()
    }
}

impl<S: Slots> Members for SlotMembers<'_, S> {
    fn run(&mut self, engine: &mut Engine) -> Progress {
        self.start(engine);
        let any = self.poll_woken(engine);
        // It is asked for until it is done: a cancellation may come first, and be none yet.
        if let Some(reason) = self.run.verdict.as_ref().filter(|_| engine.is_running()) {
            return Progress::Cut(reason.clone());
        }
        if self.is_over(engine) {
            return Progress::Over;
        }
        if !any {
            return Progress::Idle;
        }
        // Where the pass is over, what is started now wakes the next one.
        self.start(engine);
        Progress::Busy
    }

    fn cut(&mut self, engine: &mut Engine, reason: &CancelReason) {
        for index in (0..S::LEN).rev() {
            if let Some(left) = self.slots.as_mut().cut(index, reason) {
                let kind = self.has_ended(index, left);
                if kind == EndKind::Panicked && self.run.fail_fast {
                    self.keep_panic(index, &mut engine.panicked);
                }
            }
        }
    }

    fn due(&self, _: &Engine) -> Option<Instant> {
        self.run.next_start
    }
}

fn abandon<S: Slots>(engine: &mut Engine, mut members: SlotMembers<'_, S>) {
    if engine.stage.is_ended() {
        return;
    }
    members.run.fail_fast = true;
    engine.abandon("the gather's future was dropped", &mut members);
    // Those that would have been reported.
    for index in (0..S::LEN).rev() {
        members.keep_panic(index, &mut engine.panicked);
    }
    engine.end();
    engine.panicked.resume_if_expected();
}

/// Newest first, and each by itself: two destructors that panic must not meet.
fn drop_unpolled<S: Slots>(mut slots: Pin<&mut S>) {
    let mut panicked = FirstPanic::default();
    for index in (0..S::LEN).rev() {
        slots.as_mut().cut(index, &CancelReason::Ended);
        if let Some(panic) = slots.as_mut().take_panic(index) {
            panicked.keep(panic);
        }
    }
    panicked.resume_if_expected();
}
