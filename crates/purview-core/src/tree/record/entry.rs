use std::{panic::Location, sync::Arc};

use super::{
    how::{How, Kind},
    slab::Seat,
    waits::WaitsFor,
    waker::CountedWaker,
};
use crate::{
    cancel::CancelReason,
    tree::info::{TaskId, TaskInfo},
};

/// What is recorded of one live task. Times are nanoseconds since the recorder was made, and 0 where there is none.
#[derive(Clone)]
pub(crate) struct Entry {
    pub(crate) id: TaskId,
    pub(crate) seat: Seat,
    pub(crate) kind: Kind,
    /// Which task it is, where that is not its number in its scope: made anew when asked for.
    pub(crate) info: Option<Box<TaskInfo>>,
    pub(crate) number: u64,
    pub(crate) at: Option<&'static Location<'static>>,
    pub(crate) spawned: u64,
    /// The limit of its scope keeps it waiting.
    pub(crate) limited: bool,
    pub(crate) polls: u64,
    /// The poll under way began.
    pub(crate) polling: u64,
    /// The last poll ended.
    pub(crate) polled: u64,
    pub(crate) busy: u64,
    pub(crate) longest: u64,
    /// It is a closure, and began to run.
    pub(crate) running: u64,
    pub(crate) waits: Vec<WaitsFor>,
    /// Since when it holds, for each kind of hold.
    pub(crate) held: [u64; 3],
    /// It was told to stop alone: why, and when.
    pub(crate) told: Option<Box<(CancelReason, u64)>>,
    /// It was polled since it, or its scope, was told to stop.
    pub(crate) heard: bool,
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
            seat: Seat::NONE,
            kind,
            info: None,
            number,
            at,
            spawned: 0,
            limited: false,
            polls: 0,
            polling: 0,
            polled: 0,
            busy: 0,
            longest: 0,
            running: 0,
            waits: Vec::new(),
            held: [0; 3],
            told: None,
            heard: false,
            how: None,
            yields: 0,
            waker: None,
            slow_reported: 0,
            slow_unreported: 0,
            deaf_reported: 0,
            lost_reported: 0,
        }
    }
}
