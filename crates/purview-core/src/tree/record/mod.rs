//! What is recorded of live scopes and tasks, where that is enabled: in the scopes' own nodes, so that no lock is shared by
//! scopes that have nothing to do with each other.

mod how;
mod observer;
mod one_line;
mod options;
mod rare;
mod recorder;
mod registry;
mod report;
mod scope_record;
mod task_record;
mod tasks;
mod waits;
mod waker;

pub use self::{
    how::{Held, How, Kind},
    observer::{Observer, ScopeId, ScopeInfo, Spawned},
    one_line::OneLine,
    options::Options,
    recorder::AlreadyEnabled,
    report::{Holder, Report},
    waits::WaitsFor,
};
pub(crate) use self::{
    rare::Rare,
    recorder::{
        InstalledRecorder, Recorder, clock, enable, install, installed_steps, is_on, nanos, recorder, time_passes,
    },
    report::Short,
    scope_record::ScopeRecord,
    task_record::{PollStats, TaskRecord},
    waker::CountedWaker,
};
