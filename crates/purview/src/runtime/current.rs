use std::sync::Arc;

use super::Runtime;
use crate::select::select;

/// The runtime that serves here: inside a scope the scope's, else the one that the features select.
///
/// For code that needs the clock or the executor without knowing which it is. What is spawned on it is detached; a scope
/// owns only what is spawned in it.
///
/// # Examples
///
/// ```
/// use purview::{Timer, runtime};
///
/// let clock = runtime::current();
/// assert!(clock.now() <= clock.now());
/// ```
pub fn current() -> Arc<dyn Runtime> {
    purview_core::runtime::current_or(select)
}
