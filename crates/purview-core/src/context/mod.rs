//! What the free functions know of the scope around their caller, on every executor.
//!
//! What polls a task swaps its surroundings into a thread-local for the length of the poll, and swaps them back: also
//! after a panic, and whichever thread the next poll is on.

mod belong;
mod binding;
mod current;
mod env;
mod key;
mod local;
mod place;
mod span;
mod surroundings;
mod tag;
mod unopened;
pub(crate) mod unwind;

pub(crate) use self::{
    binding::Binding,
    current::{
        bindings, enter_bindings, enter_shield, is_cancelled_here, is_in_closure, must_not_block, of_closure, runtime,
        scope, task, task_record, visible_task,
    },
    env::Env,
    place::Place,
    span::{GivenSpan, Outcome, TaskSpan, open_gather, open_scope, scope_cut},
    surroundings::{Surroundings, is_inside},
    unopened::{InUnopened, Unopened},
};
pub use self::{
    current::current,
    key::{ContextKey, WithContext},
};
