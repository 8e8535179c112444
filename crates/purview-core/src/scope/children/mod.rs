//! The body and the children of a scope, as the members of its engine.
//!
//! One turn polls the body, takes children out of the queue, and polls those that were woken. What the end of a task
//! means is in `finish.rs`, the order of the end in `ending.rs`, cancellation in `cut.rs`.

mod admit;
mod cut;
mod ending;
mod finish;
mod graces;
mod in_set;
mod queued;
mod rare;
mod single;

use std::{
    collections::VecDeque,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use self::{in_set::InSet, rare::Rarely};
use super::{
    child::{Child, Unclaimed},
    kind::{Boxed, Kind},
    shared::Shared,
};
use crate::{
    cancel::CancelReason,
    context::bindings,
    engine::{
        Engine, Members, Options, Progress, Rate, Set,
        pass::{self, Turn},
    },
    policy::Policy,
    time::Instant,
    wake::part,
};

/// The children of a scope, and what is known of its body.
pub(super) struct Children<'env, P: Policy, K: Kind> {
    pub(super) shared: Arc<Shared<'env, P, K>>,
    /// Until the scope resolves.
    pub(super) policy: Option<P>,
    set: Set<InSet<Boxed<'env, P, K>, P>>,
    /// Children that have just been taken out of the queue.
    taken: VecDeque<Boxed<'env, P, K>>,
    /// Children that may start, behind those in `rare`.
    ready: VecDeque<Boxed<'env, P, K>>,
    unclaimed: Unclaimed<Boxed<'env, P, K>>,
    /// Ordinary children that have been taken out of the queue and have not ended.
    ordinary: usize,
    /// How many of these another thread is in after the grace: they do not keep the finalizers waiting.
    beyond_grace: usize,
    /// A finalizer is under way.
    finalizing: bool,
    body: BodyStage,
    /// The body has only yielded in the pass of this number, which ends when it comes up again.
    body_yielded: u32,
    /// How many polls the children are due before the body, which has yielded or was woken by one of them, is polled again.
    owed: usize,
    /// Why all others are to be dropped, as the policy says.
    verdict: Option<CancelReason>,
    /// It was asked whether the body is kept.
    is_cut: bool,
    /// Something else has stopped the scope while tasks were under way.
    stopped_by_others: bool,
    rate: Option<Rate>,
    body_waker: Option<Waker>,
    rare: Rarely<Boxed<'env, P, K>>,
}

/// How far the body has come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum BodyStage {
    New,
    Started,
    Ended,
}

impl<'env, P: Policy, K: Kind> Children<'env, P, K> {
    /// Makes the scope's engine, and what it runs besides the body.
    pub(super) fn new(policy: P, mut options: Options) -> (Engine, Self) {
        let node = options.make_node();
        if options.rate.is_some() {
            node.note_rate();
        }
        let children = Self {
            shared: Shared::new(node.clone(), options.limit, options.rate.is_some()),
            policy: Some(policy),
            set: Set::new(),
            taken: VecDeque::new(),
            ready: VecDeque::new(),
            unclaimed: Unclaimed::new(),
            ordinary: 0,
            beyond_grace: 0,
            finalizing: false,
            body: BodyStage::New,
            body_yielded: 0,
            owed: 0,
            verdict: None,
            is_cut: false,
            stopped_by_others: false,
            rate: options.rate,
            body_waker: None,
            rare: Rarely::new(),
        };
        (Engine::new(node, options.grace), children)
    }

    /// How many children have been taken out of the queue and have not ended.
    fn under_way(&self) -> usize {
        self.ordinary + self.rare.daemons()
    }

    /// Whether there are children that may start.
    fn any_ready(&self) -> bool {
        !self.ready.is_empty() || self.rare.get().is_some_and(|rare| !rare.ready.is_empty())
    }

    fn next_ready(&mut self) -> Option<Boxed<'env, P, K>> {
        let first = self.rare.get_mut().and_then(|rare| rare.ready.pop_front());
        first.or_else(|| self.ready.pop_front())
    }

    fn policy(&mut self) -> &mut P {
        self.policy.as_mut().expect("a scope has its policy until it resolves")
    }
}

/// Children and body together: what the engine of a scope runs. The body stays outside the set, whose children may be
/// `Send` where the body is not, and borrow less than it.
pub(super) struct Whole<'a, 'env, P: Policy, K: Kind> {
    pub(super) children: &'a mut Children<'env, P, K>,
    pub(super) body: Pin<&'a mut (dyn Child<P> + 'a)>,
}

impl<P: Policy, K: Kind> Members for Whole<'_, '_, P, K> {
    fn run(&mut self, engine: &mut Engine) -> Progress {
        if self.children.body_waker.is_none() {
            self.begin(engine);
        }
        self.end_shutdown_grace(engine);
        self.stop_single_tasks(engine);
        self.end_single_graces(engine);
        // A task that was dropped for one of these may have panicked.
        if let Some(reason) = self.children.verdict.take() {
            return Progress::Cut(reason);
        }
        let mut busy = false;
        let signal = engine.node.clone();
        let signal = signal.signal();
        if self.children.body == BodyStage::Ended {
            // A waker of the body's that outlives it asks for nothing.
            signal.take(part::BODY);
        } else if self.is_bodys_turn(engine) {
            if self.children.body_yielded == engine.pass() {
                pass::end();
                return Progress::Busy;
            }
            signal.take(part::BODY);
            busy = true;
            self.poll_body(engine);
            if let Some(reason) = self.children.verdict.take() {
                return Progress::Cut(reason);
            }
        }
        // Those that are started are polled just below.
        self.admit(engine);
        // After a cut the pass goes on, but those that were woken wait for the next one where it has done enough.
        if !pass::is_over() && signal.take(part::CHILDREN) {
            busy |= self.poll_children(engine);
        }
        if let Some(reason) = self.children.verdict.take() {
            return Progress::Cut(reason);
        }
        if signal.is_raised(part::CANCEL) {
            return Progress::Busy;
        }
        match self.advance(engine) {
            Progress::Idle if busy => Progress::Busy,
            progress => progress,
        }
    }

    fn cut(&mut self, engine: &mut Engine, reason: &CancelReason) {
        self.drop_tasks(engine, reason);
    }

    fn due(&self, _: &Engine) -> Option<Instant> {
        let children = &*self.children;
        let shutdown = children.shared.shutdown.until();
        let Some(rare) = children.rare.get() else {
            return shutdown.map(|(at, _)| at);
        };
        let start = rare.next_start.filter(|_| children.any_ready());
        let graces = rare.graces.next();
        let shutdown = shutdown.filter(|until| rare.shut_at != Some(*until));
        start.into_iter().chain(graces).chain(shutdown.map(|(at, _)| at)).min()
    }
}

impl<P: Policy, K: Kind> Whole<'_, '_, P, K> {
    fn begin(&mut self, engine: &mut Engine) {
        let node = &engine.node;
        self.body.as_mut().env_mut().bind(bindings());
        self.children.body_waker = Some(node.clone().into());
        self.children.shared.shutdown.begin_grace(node);
    }

    /// Gives the body a poll. One that has only yielded waits for its siblings.
    fn poll_body(&mut self, engine: &mut Engine) {
        pass::count_step();
        self.children.body = BodyStage::Started;
        let waker = self.children.body_waker.clone().expect("made in the first turn");
        if self
            .body
            .as_mut()
            .poll(&mut Turn::default(), &mut Context::from_waker(&waker))
            .is_ready()
        {
            self.finish_body(engine);
            return;
        }
        if engine.signal().is_raised(part::BODY) {
            self.children.body_yielded = engine.pass();
            self.drain_queue();
            self.children.owed = self.children.under_way();
        }
    }

    /// A body that was woken is polled; one that has yielded, or that a child has woken, when every sibling that was ready has
    /// been polled, as in one queue.
    ///
    /// One that is to see its tasks resolve has its last turn when they have.
    fn is_bodys_turn(&self, engine: &Engine) -> bool {
        let children = &*self.children;
        let others = children.ordinary > children.beyond_grace || children.rare.daemons_within_grace() > 0;
        let last_turn = self.body.env().is_kept() && !others;
        // A body that has not begun is not woken for that: it may be late, and then nothing but a new deadline lets it begin.
        let woken = children.body == BodyStage::New || engine.signal().is_raised(part::BODY);
        !engine.late
            && !last_turn
            && woken
            && (children.owed == 0 || !engine.signal().is_raised(part::CHILDREN | part::QUEUE))
    }

    /// Polls the children that were woken. A body that one of them wakes comes behind those that were woken before it.
    fn poll_children(&mut self, engine: &mut Engine) -> bool {
        let before = pass::steps();
        let mut any = false;
        let mut body_waits = engine.signal().is_raised(part::BODY);
        loop {
            let left = pass::steps();
            let polled = self.children.set.poll(&engine.node);
            let signal = engine.signal();
            let steps = left.saturating_sub(pass::steps());
            self.children.owed = self.children.owed.saturating_sub(steps as usize);
            if let Poll::Ready(Some(child)) = polled {
                any = true;
                pass::count_step();
                self.finish_child(engine, child, false);
            } else if !signal.is_raised(part::CHILDREN) || pass::is_over() {
                break;
            } else {
                // The set gives way after two that yield; this pass continues.
                signal.take(part::CHILDREN);
            }
            if !body_waits && engine.signal().is_raised(part::BODY) {
                body_waits = true;
                self.children.owed = self.children.under_way();
            }
            let bodys_turn = body_waits && self.children.owed == 0;
            // What else a child has set going comes before its siblings.
            let other = engine.signal().is_raised(!(part::CHILDREN | part::BODY));
            if bodys_turn || other || self.children.verdict.is_some() || pass::is_over() {
                engine.signal().raise(part::CHILDREN);
                break;
            }
        }
        any || pass::steps() < before
    }

    /// What holds in a shutdown is waited for until its grace ends.
    fn end_shutdown_grace(&mut self, engine: &mut Engine) {
        let Some((at, more)) = self.children.shared.shutdown.until() else {
            return;
        };
        if self.children.rare.get().and_then(|rare| rare.shut_at) == Some((at, more)) || at > engine.now() {
            return;
        }
        self.children.rare.make().shut_at = Some((at, more));
        engine.bound_grace(&super::shutdown::reason(), at, more, self);
    }
}
