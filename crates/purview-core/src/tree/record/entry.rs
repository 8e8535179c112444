use std::{panic::Location, sync::Arc};

use super::{
    how::{How, Kind},
    waits::WaitsFor,
    waker::CountedWaker,
};
use crate::{
    cancel::CancelReason,
    tree::info::{TaskId, TaskInfo},
};

/// What is recorded of one live task. Times are the recorder's, and 0 where there is none.
#[derive(Clone)]
pub(crate) struct Entry {
    /// [`TaskId::NONE`] where there is no task any more.
    pub(crate) id: TaskId,
    pub(crate) number: u64,
    pub(crate) at: Option<&'static Location<'static>>,
    pub(crate) spawned: u64,
    pub(crate) polls: u64,
    /// The poll under way began.
    pub(crate) polling: u64,
    /// The last poll ended.
    pub(crate) polled: u64,
    pub(crate) busy: u64,
    pub(crate) longest: u64,
    /// What few tasks have.
    pub(crate) rare: Option<Box<Rare>>,
    pub(crate) kind: Kind,
    /// The limit of its scope keeps it waiting.
    pub(crate) limited: bool,
    /// It was polled since it, or its scope, was told to stop.
    pub(crate) heard: bool,
}

/// What is recorded of tasks to which something happens that happens to few.
#[derive(Clone, Default)]
pub(crate) struct Rare {
    /// Which task it is, where that is not its number in its scope.
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
    pub(crate) yields: u64,
    pub(crate) waker: Option<Arc<CountedWaker>>,
    /// When the last slow poll was reported, and how many were not since.
    pub(crate) slow_reported: u64,
    pub(crate) slow_unreported: u64,
    /// How often it was reported that it was not polled again, and that its waker was lost, plus one.
    pub(crate) deaf_reported: u64,
    pub(crate) lost_reported: u64,
}

impl Entry {
    pub(crate) fn new(id: TaskId, kind: Kind, number: u64, at: Option<&'static Location<'static>>) -> Self {
        Self {
            id,
            number,
            at,
            spawned: 0,
            polls: 0,
            polling: 0,
            polled: 0,
            busy: 0,
            longest: 0,
            rare: None,
            kind,
            limited: false,
            heard: false,
        }
    }

    /// What few tasks have, from now on if not before.
    pub(crate) fn rare(&mut self) -> &mut Rare {
        self.rare.get_or_insert_default()
    }

    pub(crate) fn waker(&self) -> Option<&Arc<CountedWaker>> {
        self.rare.as_ref()?.waker.as_ref()
    }

    pub(crate) fn info(&self) -> Option<&TaskInfo> {
        self.rare.as_ref()?.info.as_ref()
    }

    pub(crate) fn waits(&self) -> &[WaitsFor] {
        self.rare.as_ref().map_or(&[], |rare| &rare.waits)
    }

    pub(crate) fn told(&self) -> Option<&(CancelReason, u64)> {
        self.rare.as_ref()?.told.as_ref()
    }
}

impl Rare {
    /// Whether a slow poll that ended or was seen now is to be reported, and how many others were not.
    pub(crate) fn is_slow_again(&mut self, now: u64) -> Option<u64> {
        if self.slow_reported != 0 && now.saturating_sub(self.slow_reported) < SLOW_AGAIN {
            self.slow_unreported += 1;
            return None;
        }
        self.slow_reported = now;
        Some(std::mem::take(&mut self.slow_unreported))
    }
}

/// A slow poll of the same task is reported once in this time, in nanoseconds.
const SLOW_AGAIN: u64 = 1_000_000_000;
