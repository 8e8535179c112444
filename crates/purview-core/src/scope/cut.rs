//! Cancellation: who is dropped at once, who is waited for, and for how long.

use std::{
    collections::VecDeque,
    mem,
    pin::Pin,
    sync::{Arc, atomic::Ordering},
    task::Poll,
    time::{Duration, Instant},
};

use super::{
    child::Child,
    driver::{BodyStage, Engine, Stage},
    kept::Kept,
    kind::{AnyChild, Boxed, Kind},
    seat::Seat,
    signal::{Signal, part},
};
use crate::{
    cancel::CancelReason,
    error::{catch, is_expected},
    policy::Policy,
    runtime::Timer,
    stack::with_room,
};

impl<'env, P: Policy, K: Kind> Engine<'env, P, K> {
    /// The scope's token fires, and everybody who does not hold is dropped: the body first, then newest to oldest.
    pub(super) fn cut(&mut self, reason: &CancelReason, body: Pin<&mut dyn Child<P>>) {
        let state = self.shared.state.clone();
        let grace = state.grace();
        let until = grace.and_then(|grace| state.runtime().now().checked_add(grace));
        let hard = grace == Some(Duration::ZERO);
        self.stage = Stage::Cut {
            reason: reason.clone(),
            until: until.filter(|_| !hard),
            hard,
        };
        self.panicked.run(|| state.begin_cut(reason.clone()));
        self.panicked.run(|| state.cancel(reason.clone()));
        if self.body == BodyStage::Started && self.keeps_body() {
            body.frame().spare(true);
        }
        self.drop_tasks(reason, hard, body);
    }

    /// When the grace is over nobody is waited for any more.
    pub(super) fn end_grace(&mut self, body: Pin<&mut dyn Child<P>>) {
        if !self.reprieved.is_empty() {
            let now = self.now();
            self.reprieved.retain(|(until, frame)| {
                let over = *until <= now;
                if over {
                    frame.end_grace();
                }
                !over && !frame.is_ended()
            });
        }
        let Some(until) = self.end_of_patience() else { return };
        if until > self.now() {
            return;
        }
        if let Stage::Cut { reason, .. } = &self.stage {
            let reason = reason.clone();
            self.stage = Stage::Cut {
                reason: reason.clone(),
                until: None,
                hard: true,
            };
            self.drop_tasks(&reason, true, body);
        } else {
            self.shared.state.set_grace(Duration::ZERO);
            self.cut(&super::shutdown::shutdown(), body);
        }
    }

    /// When everybody who is left is dropped: what is left of the grace, and of a shutdown's.
    pub(super) fn end_of_patience(&self) -> Option<Instant> {
        let grace = match &self.stage {
            Stage::Running => None,
            Stage::Cut { until, hard: false, .. } => *until,
            Stage::New | Stage::Cut { hard: true, .. } | Stage::Ended { .. } => return None,
        };
        grace.into_iter().chain(self.shared.state.shutdown_until()).min()
    }

    fn now(&self) -> Instant {
        self.shared.state.runtime().now()
    }

    fn drop_tasks(&mut self, reason: &CancelReason, hard: bool, mut body: Pin<&mut dyn Child<P>>) {
        // One that is spared has its last turn when the others are gone.
        let spared = body.frame().is_spared();
        if self.body != BodyStage::Ended && !spared && (hard || !body.frame().holds()) {
            self.cut_body(body.as_mut(), reason.clone());
        }
        self.sort_in();
        let mut doomed: Vec<_> = self.ready.drain(..).chain(self.waiting.drain(..)).collect();
        for seat in &mut self.set {
            let child = seat.child();
            doomed.extend(child.take_if(|child| hard || !child.get().frame().holds()));
        }
        self.drop_newest_first(doomed, reason, body);
    }

    /// Drops those whom nobody has polled yet.
    pub(super) fn drop_unstarted(&mut self, body: Pin<&mut dyn Child<P>>) {
        if let Stage::Cut { reason, .. } = &self.stage {
            let reason = reason.clone();
            let doomed = self.ready.drain(..).chain(self.waiting.drain(..)).collect();
            self.drop_newest_first(doomed, &reason, body);
        }
    }

    fn drop_newest_first(
        &mut self,
        mut doomed: Vec<Boxed<'env, P, K>>,
        reason: &CancelReason,
        mut body: Pin<&mut dyn Child<P>>,
    ) {
        // The set keeps its children by when they were last polled; their numbers rise with the order of spawning.
        // Nearly sorted as they are, this takes little more than one look at each.
        doomed.sort_by_key(|child| std::cmp::Reverse(child.get().frame().info.id()));
        for child in doomed {
            self.cut_child(child, reason.clone(), body.as_mut());
        }
    }

    pub(super) fn cut_child(
        &mut self,
        mut child: Boxed<'env, P, K>,
        reason: CancelReason,
        body: Pin<&mut dyn Child<P>>,
    ) {
        let reason = child.get().frame().stopped_alone().cloned().unwrap_or(reason);
        match child.pinned().cut(reason, &self.desk) {
            Poll::Ready(verdict) => self.finish_child(child, verdict, body),
            Poll::Pending => {
                // Another thread is in it, and drops it there, unless it holds by then: it comes back as ended.
                if matches!(self.stage, Stage::Cut { hard: true, .. }) {
                    child.get().frame().end_grace();
                }
                self.set.push(Seat::new(child, &self.desk));
                self.shared.state.signal.raise(part::CHILDREN);
            }
        }
    }

    fn keeps_body(&mut self) -> bool {
        catch(|| self.desk.ask(|policy| policy.keeps_body())).unwrap_or_else(|panic| {
            self.panicked.keep(panic);
            false
        })
    }

    /// Sees to tasks that were cancelled alone.
    pub(super) fn stop_single_tasks(&mut self, signal: &Signal, mut body: Pin<&mut dyn Child<P>>) {
        if !signal.take(part::STOPPED) {
            return;
        }
        let stopped = self.shared.state.take_stopped();
        // It may not have come out of the queue yet.
        self.sort_in();
        for child in self.take_stopped_unstarted() {
            if let Some(reason) = child.get().frame().stopped() {
                self.cut_child(child, reason, body.as_mut());
            }
        }
        for frame in stopped {
            if !frame.is_ended() {
                self.begin_single_grace(frame);
            }
        }
    }

    /// Takes out whoever was cancelled alone and has not started: because of the limit, or of the rate.
    fn take_stopped_unstarted(&mut self) -> Vec<Boxed<'env, P, K>> {
        let is_stopped = |child: &Boxed<'env, P, K>| child.get().frame().stopped_alone().is_some();
        let (doomed, ready) = self.ready.drain(..).partition::<VecDeque<_>, _>(is_stopped);
        self.ready = ready;
        let mut doomed = Vec::from(doomed);
        let positions: Vec<_> = (0..)
            .zip(&self.waiting)
            .filter(|(_, child)| is_stopped(child))
            .map(|(at, _)| at)
            .collect();
        if positions.is_empty() {
            return doomed;
        }
        let (gone, waiting) = self.waiting.drain(..).partition::<VecDeque<_>, _>(is_stopped);
        self.waiting = waiting;
        doomed.extend(gone);
        let state = self.shared.state.clone();
        if let Some(limiter) = &state.limiter {
            for _ in 0..limiter.forget_children(&positions) {
                self.panicked.run(|| state.free_place());
            }
        }
        doomed
    }

    fn begin_single_grace(&mut self, frame: Arc<crate::context::Frame>) {
        match self.shared.state.grace() {
            Some(Duration::ZERO) => frame.end_grace(),
            // One that another thread is polling may hold by the end of that poll.
            Some(grace) if frame.holds() || frame.is_being_polled() => {
                self.reprieved
                    .extend(self.now().checked_add(grace).map(|until| (until, frame)));
            }
            _ => {}
        }
    }

    /// The scope's future is being dropped: everybody goes, now.
    pub(super) fn drop_everybody(&mut self, body: Pin<&mut dyn Child<P>>) {
        if !matches!(self.stage, Stage::Ended { .. }) {
            with_room(|| self.drop_those_left(body));
        }
    }

    fn drop_those_left(&mut self, mut body: Pin<&mut dyn Child<P>>) {
        let state = self.shared.state.clone();
        let dropped = || CancelReason::Requested(Some("the scope's future was dropped".into()));
        let reason = state.reason().cloned().unwrap_or_else(dropped);
        self.stage = Stage::Cut {
            reason: reason.clone(),
            until: None,
            hard: true,
        };
        self.panicked.run(|| state.begin_cut(reason.clone()));
        self.panicked.run(|| state.cancel(reason.clone()));
        if is_expected() {
            self.desk.abandon(reason.clone());
        }
        if self.body != BodyStage::Ended {
            self.cut_body(body.as_mut(), reason.clone());
        }
        self.drop_tasks(&reason, true, body.as_mut());
        self.shared.close();
        // What came in until the door was shut.
        self.drop_tasks(&reason, true, body.as_mut());
        while let Some(finalizer) = self.shared.take_finalizer() {
            self.cut_child(finalizer, reason.clone(), body.as_mut());
        }
        for seat in &mut self.set {
            if let Some(child) = seat.child() {
                let frame = child.get().frame().clone();
                self.panicked.run(|| child.pinned().abandon(reason.clone()));
                state.live.fetch_sub(1, Ordering::AcqRel);
                state.note_end(&frame, true);
            }
        }
        self.panicked.run(|| state.end());
        // What nobody will be given.
        self.panicked.run(|| body.abandon(reason.clone()));
        let kept = mem::replace(&mut self.kept, Kept::new());
        self.panicked.run(|| drop(kept));
        let policy = self.desk.take();
        self.panicked.run(|| drop(policy));
        self.stage = Stage::Ended { stop: Some(reason) };
        self.panicked.resume_if_expected();
    }
}
