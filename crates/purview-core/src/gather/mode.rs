//! What a gather waits for, and what it resolves to.

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
