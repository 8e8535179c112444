//! One engine for scopes and gathers: one loop, one cut, one grace, one timer.
//!
//! An [`Engine`] runs [`Members`]: what they are, and how they are polled and dropped, is theirs; everything around
//! that, from the deadline to the end of the grace, is the engine's. A policy's break, a mode's verdict, a deadline and a
//! token are one thing to it: [`Progress::Cut`].

mod engine;
mod member;
mod options;
pub(crate) mod pass;
mod rate;
mod set;
mod stage;

pub use self::options::Limit;
pub(crate) use self::{
    engine::{Engine, Members, Progress},
    member::Member,
    options::Options,
    rate::Rate,
    set::{Seat, Seated, Set},
    stage::Stage,
};
