//! Cancellation of a `gather!`: who is dropped at once, who is waited for, and for how long.

use std::pin::Pin;

use super::Run;
use crate::{
    cancel::CancelReason,
    error::FirstPanic,
    gather::tuple::{Slots, Told},
    stack::with_room,
};

impl Run {
    pub(super) fn cut<S: Slots>(&mut self, reason: &CancelReason, slots: Pin<&mut S>) {
        if !self.is_running() {
            return;
        }
        let state = self.common.state.clone();
        let hard = self.stage.cut(reason, &state, &mut self.panicked);
        self.drop_members(reason, hard, slots);
    }

    pub(super) fn end_grace<S: Slots>(&mut self, slots: Pin<&mut S>) {
        if let Some(reason) = self.stage.end_grace(&self.common.state) {
            self.drop_members(&reason, true, slots);
        }
    }

    fn drop_members<S: Slots>(&mut self, reason: &CancelReason, hard: bool, mut slots: Pin<&mut S>) {
        for index in (0..S::LEN).rev() {
            if let Some(told) = slots.as_mut().cut(index, reason, hard) {
                // Those who were never started count as such from now on.
                self.started |= 1 << index;
                self.ended |= 1 << index;
                if told == Told::Panicked && self.fail_fast {
                    self.keep_panic(index, slots.as_mut());
                }
            }
        }
    }

    pub(super) fn keep_panic<S: Slots>(&mut self, index: usize, slots: Pin<&mut S>) {
        if let Some(panic) = slots.take_panic(index) {
            self.panicked.keep(panic);
        }
    }

    pub(super) fn drop_everybody<S: Slots>(&mut self, mut slots: Pin<&mut S>) {
        if self.over {
            return;
        }
        let reason = CancelReason::Requested(Some("the gather's future was dropped".into()));
        self.fail_fast = true;
        with_room(|| {
            self.cut(&reason, slots.as_mut());
            self.drop_members(&reason, true, slots.as_mut());
        });
        // Those who would have been reported.
        for index in (0..S::LEN).rev() {
            self.keep_panic(index, slots.as_mut());
        }
        let state = self.common.state.clone();
        self.panicked.run(|| state.end());
        self.panicked.resume_if_expected();
    }
}

/// Newest first, and each by itself: two destructors that panic must not meet.
pub(super) fn drop_unpolled<S: Slots>(mut slots: Pin<&mut S>) {
    let mut panicked = FirstPanic::default();
    for index in (0..S::LEN).rev() {
        slots.as_mut().cut(index, &CancelReason::Ended, true);
        if let Some(panic) = slots.as_mut().take_panic(index) {
            panicked.keep(panic);
        }
    }
    panicked.resume_if_expected();
}
