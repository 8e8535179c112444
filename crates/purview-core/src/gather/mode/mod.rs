//! What a gather waits for, and what it resolves to.

mod all;
mod called;
mod completed;
mod for_each;
mod judged;
mod race;
mod try_all;
mod try_for_each;

pub use self::{for_each::ForEach, try_all::try_gather, try_for_each::TryForEach};
use super::{numbered::Ended, outcome::Outcome};
use crate::{cancel::CancelReason, engine::Engine};

/// All of them; the first failure ends it. The default.
#[derive(Debug)]
pub struct All(pub(super) ());

/// All of them; the first failure ends it, and comes out as the caller's own error.
#[derive(Debug)]
pub struct TryAll(pub(super) ());

/// All of them, whatever becomes of each.
#[derive(Debug)]
pub struct Settled(pub(super) ());

/// Whichever ends first.
#[derive(Debug)]
pub struct First(pub(super) ());

/// Whichever succeeds first.
#[derive(Debug)]
pub struct FirstSuccess(pub(super) ());

/// The first so many that succeed.
#[derive(Debug)]
pub struct Quorum(pub(super) usize);

/// Each of them, as it ends: a stream.
#[derive(Debug)]
pub struct Completed(pub(super) ());

/// Judges how each future ended.
trait Mode<O> {
    /// One has ended: keeps what is to be given to the caller. Gives why the others are to be dropped, if they are.
    fn judge(&self, ended: Ended<O>, outcome: &mut Outcome<O>, engine: &mut Engine) -> Option<CancelReason>;

    /// Why the others are to be dropped, judged by how many have started and can still end.
    fn decide(&self, outcome: &Outcome<O>, started: usize, left: Option<usize>) -> Option<CancelReason> {
        let _ = (outcome, started, left);
        None
    }
}
