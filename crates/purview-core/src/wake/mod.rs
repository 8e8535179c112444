//! Wake-ups: many wakers of ours are collected into one wake-up of the task that polls.

pub(crate) mod part;
mod signal;
mod waiters;

pub(crate) use self::{
    part::{HasSignal, part_waker},
    signal::Signal,
    waiters::{Waiters, wake_all, wake_quietly},
};
