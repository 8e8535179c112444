//! What is recorded of live scopes and tasks, where that is enabled: in the scopes' own nodes, so that no lock is shared by
//! scopes that have nothing to do with each other.

mod clock;
mod how;
mod observer;
mod one_line;
mod options;
mod recorder;
mod registry;
mod report;
mod scope_record;
mod task;

pub(crate) use self::{
    clock::{clock, time_passes},
    recorder::{InstalledRecorder, Recorder, enable, install, installed_steps, is_on, recorder},
    report::Short,
    scope_record::ScopeRecord,
    task::{PollStats, Rare, TaskRecord},
};
pub use self::{
    how::{Held, How, Kind},
    observer::{Observer, ScopeId, ScopeInfo, Spawned},
    one_line::OneLine,
    options::Options,
    recorder::AlreadyEnabled,
    report::{Holder, Report},
    task::WaitsFor,
};
