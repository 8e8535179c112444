//! The order in which a scope ends: the children, then the daemons, then the finalizers.

use std::{pin::Pin, task::Poll};

use super::{
    child::Child,
    cut_off,
    driver::{BodyStage, Engine, Stage},
    kind::Kind,
    seat::Seat,
    signal::part,
};
use crate::{cancel::CancelReason, error::OneByOne, policy::Policy};

/// What came of looking whether the scope is over.
pub(super) enum Progress {
    None,
    /// Something was set going.
    Moved,
    Over,
}

impl<'env, P: Policy, K: Kind> Engine<'env, P, K> {
    /// Takes the next step towards the end, if its time has come.
    pub(super) fn advance(&mut self, mut body: Pin<&mut dyn Child<P>>) -> Progress {
        loop {
            self.sort_in();
            if self.ordinary > 0 {
                return Progress::None;
            }
            if self.body != BodyStage::Ended {
                let last =
                    matches!(self.stage, Stage::Cut { .. }) && self.daemons.is_empty() && body.frame().is_spared();
                if last {
                    self.give_last_turn(body.as_mut());
                }
                if self.body != BodyStage::Ended {
                    return Progress::None;
                }
                // The body may have spawned in its last turn.
                continue;
            }
            if !self.daemons.is_empty() {
                return self.stop_daemons();
            }
            if self.finalizing {
                return Progress::None;
            }
            if self.shared.has_finalizers() {
                // What failed before them comes before what fails in them.
                let (kept, desk) = (&mut self.kept, &self.desk);
                self.panicked.run(|| kept.reclaim(desk));
            }
            if let Some(finalizer) = self.shared.take_finalizer() {
                if let Stage::Cut { reason, hard: true, .. } = &self.stage {
                    let reason = reason.clone();
                    self.cut_child(finalizer, reason, body.as_mut());
                    continue;
                }
                self.finalizing = true;
                self.set.push(Seat::new(finalizer, &self.desk));
                self.shared.state.signal.raise(part::CHILDREN);
                return Progress::Moved;
            }
            // A handle may have spawned just now, from another thread.
            if self.shared.close_if_empty() {
                self.stage = Stage::ended(std::mem::replace(&mut self.stage, Stage::Ended { stop: None }));
                return Progress::Over;
            }
        }
    }

    fn stop_daemons(&mut self) -> Progress {
        let mut moved = false;
        for daemon in self.daemons.values() {
            self.panicked.run(|| moved |= daemon.cancel(CancelReason::Ended));
        }
        if moved { Progress::Moved } else { Progress::None }
    }

    /// The body of a scope that was cut sees that its tasks have resolved, and returns what it has.
    fn give_last_turn(&mut self, mut body: Pin<&mut dyn Child<P>>) {
        let state = self.shared.state.clone();
        if state.signal.take(part::BODY) {
            self.poll_body(&state.signal, body.as_mut());
            if self.body == BodyStage::Ended {
                return;
            }
        }
        body.frame().spare(false);
        match &self.stage {
            Stage::Cut { reason, hard, .. } if *hard || !body.frame().holds() => {
                let reason = reason.clone();
                self.cut_body(body, reason);
            }
            _ => {}
        }
    }

    /// What the scope resolves to; pending where the policy has nothing to say and the parent is about to drop it.
    pub(super) fn resolve<R>(&mut self, body: Option<R>) -> Poll<P::Output<R>> {
        let state = self.shared.state.clone();
        let mut body = OneByOne::new(body);
        let alarm = &mut self.alarm;
        self.panicked.run(|| alarm.clear());
        self.panicked.run(|| state.end());
        let (kept, desk) = (&mut self.kept, &self.desk);
        self.panicked.run(|| kept.reclaim(desk));
        if self.panicked.is_some() {
            let policy = self.desk.take();
            self.panicked.run(|| drop(policy));
        }
        self.panicked.resume();
        let mut body = OneByOne::new(body.take().filter(|_| self.lost.is_none()));
        let stop = match &self.stage {
            Stage::Ended { stop } => stop.clone().or_else(|| self.broke.clone()),
            _ => None,
        };
        let policy = self.desk.take().expect("a scope resolves once");
        if !policy.can_finish(body.is_some(), stop.as_ref()) {
            self.desk.put_back(policy);
            return cut_off::never();
        }
        Poll::Ready(policy.finish(body.take(), stop))
    }
}

impl Stage {
    fn ended(self) -> Self {
        match self {
            Self::Cut { reason, .. } => Self::Ended { stop: Some(reason) },
            _ => Self::Ended { stop: None },
        }
    }
}
