//! The listings of the book, compiled and run as doctests: one module for each page.

#[doc = include_str!("../../docs/src/introduction.md")]
mod introduction {}

#[doc = include_str!("../../docs/src/guide/scopes.md")]
mod scopes {}

#[doc = include_str!("../../docs/src/guide/ending.md")]
mod ending {}

#[doc = include_str!("../../docs/src/guide/tasks.md")]
mod tasks {}

#[doc = include_str!("../../docs/src/guide/cancellation.md")]
mod cancellation {}

#[doc = include_str!("../../docs/src/guide/deadlines.md")]
mod deadlines {}

#[doc = include_str!("../../docs/src/guide/context.md")]
mod context {}

#[cfg(feature = "tracing")]
#[doc = include_str!("../../docs/src/guide/tracing.md")]
mod tracing {}

#[doc = include_str!("../../docs/src/guide/limits.md")]
mod limits {}

#[doc = include_str!("../../docs/src/guide/gather.md")]
mod gather {}

#[doc = include_str!("../../docs/src/guide/parallel.md")]
mod parallel {}

#[doc = include_str!("../../docs/src/guide/open-scopes.md")]
mod open_scopes {}

#[doc = include_str!("../../docs/src/guide/services.md")]
mod services {}

#[doc = include_str!("../../docs/src/guide/guests.md")]
mod guests {}

#[doc = include_str!("../../docs/src/guide/runtimes.md")]
mod runtimes {}

#[doc = include_str!("../../docs/src/guide/observing.md")]
mod observing {}

#[doc = include_str!("../../docs/src/guide/wasm.md")]
mod wasm {}

#[doc = include_str!("../../docs/src/migration.md")]
mod migration {}

#[doc = include_str!("../../docs/src/bad-use.md")]
mod bad_use {}

#[doc = include_str!("../../docs/src/cookbook.md")]
mod cookbook {}

#[doc = include_str!("../../docs/src/internals.md")]
mod internals {}

#[doc = include_str!("../../docs/src/testing.md")]
mod testing {}

#[doc = include_str!("../../docs/src/guide/errors.md")]
mod errors {}

#[doc = include_str!("../../docs/src/guide/streams.md")]
mod streams {}

#[doc = include_str!("../../docs/src/guide/blocking.md")]
mod blocking {}

#[doc = include_str!("../../docs/src/libraries.md")]
mod libraries {}

#[doc = include_str!("../../docs/src/languages.md")]
mod languages {}

#[doc = include_str!("../../docs/src/recipes.md")]
mod recipes {}
