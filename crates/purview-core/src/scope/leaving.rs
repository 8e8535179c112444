//! A task has ended and its future is gone: what that means for its scope.

use std::{pin::Pin, sync::atomic::Ordering, task::Poll};

use super::{
    child::{Child, Verdict},
    driver::{BodyStage, Engine},
    kind::{AnyChild, Boxed, Kind},
};
use crate::{cancel::CancelReason, context::Role, policy::Policy};

impl<'env, P: Policy, K: Kind> Engine<'env, P, K> {
    /// Lets go of a child that has ended.
    pub(super) fn finish_child(&mut self, child: Boxed<'env, P, K>, verdict: Verdict, body: Pin<&mut dyn Child<P>>) {
        let frame = child.get().frame().clone();
        self.panicked.run(|| frame.end());
        let state = self.shared.state.clone();
        match frame.role {
            Role::Ordinary => self.ordinary -= 1,
            Role::Daemon => drop(self.daemons.remove(&frame.info.id())),
            Role::Finalizer => {
                self.finalizing = false;
                self.panicked.run(|| state.let_go());
            }
        }
        if frame.role != Role::Finalizer {
            state.live.fetch_sub(1, Ordering::AcqRel);
        }
        state.note_end(&frame, verdict.cancelled);
        if frame.is_admitted() {
            self.panicked.run(|| state.free_place());
        }
        if verdict.keep {
            self.kept.keep::<P>(child);
        } else {
            self.panicked.run(|| drop(child));
        }
        self.act(verdict, frame.role, body);
    }

    pub(super) fn finish_body(&mut self, verdict: Verdict, body: Pin<&mut dyn Child<P>>) {
        self.body = BodyStage::Ended;
        self.panicked.run(|| body.frame().end());
        self.act(verdict, Role::Ordinary, body);
    }

    pub(super) fn cut_body(&mut self, mut body: Pin<&mut dyn Child<P>>, reason: CancelReason) {
        if let Poll::Ready(verdict) = body.as_mut().cut(reason, &self.desk) {
            self.finish_body(verdict, body);
        }
    }

    fn act(&mut self, verdict: Verdict, role: Role, mut body: Pin<&mut dyn Child<P>>) {
        if let Some(reason) = verdict.lost {
            if self.is_running() {
                self.cut(&reason, body.as_mut());
            }
            self.lost.get_or_insert(reason);
        }
        if let Some(panic) = verdict.raised {
            self.panicked.keep(panic);
        }
        if verdict.flow.is_continue() && !self.panicked.is_some() {
            return;
        }
        let reason = match self.shared.state.reason() {
            // Somebody cancelled the scope before this failure: the first cause stays.
            Some(first) if self.is_running() && !self.shared.state.is_shutting_down() => first.clone(),
            _ if verdict.panicked || self.panicked.is_some() => CancelReason::Panicked,
            _ => CancelReason::Failed,
        };
        if role == Role::Finalizer {
            // The other finalizers run as if nothing had happened.
            self.broke.get_or_insert(reason);
        } else if self.is_running() {
            self.cut(&reason, body);
        }
    }
}
