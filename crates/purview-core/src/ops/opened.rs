use std::{mem::needs_drop, pin::Pin, sync::Arc};

use crate::{
    cancel::CancelReason,
    context::{Env, Place},
    engine::Member,
    panic::FirstPanic,
    policy::End,
    time::{Duration, Instant},
    tree::{Grace, ScopeNode},
};

/// The scope that a timeout is, from when something asks for it.
pub(super) struct Opened {
    pub(super) node: Arc<ScopeNode>,
    pub(super) place: Option<Place>,
    /// Time is up: what holds is waited for.
    pub(super) cut: bool,
    /// How long, and until when at present: that is the grace of the scope around.
    grace: Option<Duration>,
    pub(super) until: Option<Instant>,
    /// What was inside panicked as it was dropped.
    pub(super) panicked: FirstPanic,
    ended: bool,
}

impl Opened {
    /// `env` is what surrounds the inside.
    pub(super) fn new(env: &Env, place: Place) -> Self {
        Self {
            node: env.scope().expect("the inside of a timeout is in its scope").clone(),
            place: Some(place),
            cut: false,
            grace: None,
            until: None,
            panicked: FirstPanic::default(),
            ended: false,
        }
    }

    /// The time has passed: signals what is inside, and begins the grace.
    pub(super) fn cut(&mut self) {
        let node = &self.node;
        self.cut = true;
        self.grace = node.grace_around();
        node.begin_cut(CancelReason::Parent);
        if self.grace == Some(Duration::ZERO) {
            node.set_grace(Grace::Over);
        } else {
            self.until = self.grace.and_then(|grace| node.now().checked_add(grace));
        }
        node.cancel(CancelReason::Parent);
        node.end_time();
    }

    /// When the grace is over, the finalizers inside share one more.
    pub(super) fn end_grace(&mut self) {
        let node = &self.node;
        let (grace, more) = match node.grace() {
            Grace::Holds => (Grace::Finalizers, self.grace),
            Grace::Finalizers | Grace::Over => (Grace::Over, None),
        };
        self.until = self.until.zip(more).and_then(|(until, more)| until.checked_add(more));
        node.set_grace(grace);
        node.node().end_grace();
    }

    /// What was polled inside and lives on, because it was only borrowed, belongs to this place until it is polled
    /// elsewhere: then the nodes are left as they are, but for the deadline, which counts no more.
    pub(super) fn end<F>(&mut self, env: &Env) {
        if std::mem::replace(&mut self.ended, true) {
            return;
        }
        let mut panicked = FirstPanic::default();
        if !needs_drop::<F>() {
            // This one is polled no more, and need not be woken.
            panicked.run(|| self.node.signal().close());
            panicked.run(|| self.node.forget_deadline());
            panicked.resume_if_expected();
            return;
        }
        panicked.run(|| {
            if let Some(task) = env.task() {
                task.end();
            }
        });
        panicked.run(|| self.node.end());
        panicked.resume_if_expected();
    }
}

/// Drops the future where it does not hold; gives whether something is still waited for, and how that drop went.
pub(super) fn waits<F>(node: &Arc<ScopeNode>, mut member: Pin<&mut Member<F>>) -> (bool, End<()>) {
    if let Some(task) = member.env().task() {
        task.set_poller(&node.clone().into());
    }
    let mut end = End::Returned(());
    if member.is_live() {
        if member.env().holds() {
            return (true, end);
        }
        end = member.as_mut().cut(CancelReason::Parent);
    }
    // What runs on other threads is waited for, also when the future has been dropped.
    let elsewhere = member.env().task().is_some_and(|task| task.is_elsewhere());
    (elsewhere, end)
}
