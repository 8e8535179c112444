//! Requests to stop: reasons, tokens, and the tree in which they travel.

mod below;
mod drop_guard;
mod node;
mod parents;
mod reason;
mod token;
mod walk;

pub(crate) use self::node::{Cancellable, Holder, Node, Told};
pub use self::{drop_guard::DropGuard, reason::CancelReason, token::CancelToken};
