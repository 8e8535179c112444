//! One engine for scopes and gathers: one loop, one cut, one grace, one timer.
//!
//! An [`Engine`] runs [`Members`]: what they are, and how they are polled and dropped, is theirs; everything around
//! that, from the deadline to the end of the grace, is the engine's. A policy's break, a mode's verdict, a deadline and a
//! token are one thing to it: [`Progress::Cut`].

#[expect(
    clippy::module_inception,
    reason = "the engine itself, and what it runs, are one concept in files of their own"
)]
mod engine;
mod grace;
mod in_a_row;
mod member;
mod options;
pub(crate) mod pass;
mod rate;
mod set;
mod stage;

pub use self::options::Limit;
pub(crate) use self::{
    engine::{Engine, Members, Progress},
    in_a_row::InARow,
    member::{ByNode, Member, Never, Stop},
    options::Options,
    rate::Rate,
    set::{Set, SetMember},
};
