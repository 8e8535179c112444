use std::sync::Arc;

use super::ambient_runtime;
use crate::runtime::{Runtime, RuntimeChoice};

/// The runtime that serves here: inside a scope the scope's, else the one that would serve a scope opened here.
///
/// For code that needs the clock or the executor without knowing which it is. What is spawned on it is detached; a scope
/// owns only what is spawned in it.
///
/// # Examples
///
/// ```
/// # use purview_core as purview;
/// use purview::{Timer, runtime};
///
/// let clock = runtime::current();
/// assert!(clock.now() <= clock.now());
/// ```
pub fn current() -> Arc<dyn Runtime> {
    ambient_runtime(None)
}

/// For facades: [`current`], with the runtime to use outside any scope.
#[doc(hidden)]
pub fn current_or(choose: RuntimeChoice) -> Arc<dyn Runtime> {
    ambient_runtime(Some(choose))
}
