use std::sync::Arc;

use super::{waits::WaitsFor, waker::CountedWaker};
use crate::{
    cancel::CancelReason,
    tree::{info::TaskInfo, record::how::How},
};

/// What is recorded of tasks to which something happens that happens to few.
#[derive(Clone, Default)]
pub(crate) struct Rare {
    /// Which task it is, where its kind and its number in its scope do not say it.
    pub(crate) info: Option<TaskInfo>,
    pub(crate) waits: Vec<WaitsFor>,
    /// It is a closure, and began to run.
    pub(crate) running: u64,
    /// Since when it holds, for each kind of hold.
    pub(crate) held: [u64; 3],
    /// It was told to stop alone: why, and when.
    pub(crate) told: Option<(CancelReason, u64)>,
    /// How it ended, where it has not returned.
    pub(crate) how: Option<How>,
    /// How often in a row it woke itself while it was polled.
    yields: u64,
    pub(crate) waker: Option<Arc<CountedWaker>>,
    /// When the last slow poll was reported, and how many were not since.
    slow_reported: u64,
    slow_unreported: u64,
    /// How often it was reported that it was not polled again, and that its waker was lost, plus one.
    pub(crate) deaf_reported: u64,
    pub(crate) lost_reported: u64,
}

/// A slow poll of the same task is reported once in this time, in nanoseconds.
const SLOW_AGAIN: u64 = 1_000_000_000;

impl Rare {
    /// Of a task that is to be shown as this one.
    pub(crate) fn of(info: TaskInfo) -> Box<Self> {
        Box::new(Self {
            info: Some(info),
            ..Self::default()
        })
    }

    /// Whether a slow poll that ended or was seen now is to be reported, and how many others were not.
    pub(crate) fn is_slow_again(&mut self, now: u64) -> Option<u64> {
        if self.slow_reported != 0 && now.saturating_sub(self.slow_reported) < SLOW_AGAIN {
            self.slow_unreported += 1;
            return None;
        }
        self.slow_reported = now;
        Some(std::mem::take(&mut self.slow_unreported))
    }

    /// A poll has ended that is pending. If it is to be reported that so `many` in a row have woken themselves, how many.
    pub(super) fn yields_again(&mut self, many: Option<u64>) -> Option<u64> {
        let was_woken = self.waker.as_ref().is_some_and(|waker| waker.was_woken());
        self.yields = if was_woken { self.yields + 1 } else { 0 };
        many.filter(|many| self.yields > 0 && self.yields % many == 0)
            .map(|_| self.yields)
    }
}
