//! Scopes nest on the stack: each polls its children, and drops them, in frames of its own.

/// Runs one level of the nest, with the feature `deep-nesting` on a new piece of stack where this one is about to end.
#[cfg(feature = "deep-nesting")]
pub(crate) fn with_room<T>(level: impl FnOnce() -> T) -> T {
    /// What a level may take until the next one looks, the user's own frames in it too.
    const LEVEL: usize = 64 * 1024;
    const PIECE: usize = 1024 * 1024;
    stacker::maybe_grow(LEVEL, PIECE, level)
}

#[cfg(not(feature = "deep-nesting"))]
pub(crate) fn with_room<T>(level: impl FnOnce() -> T) -> T {
    level()
}
