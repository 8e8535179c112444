use std::sync::Arc;

use super::{Embedded, Runtime, RuntimeChoice};
use crate::census;

/// The runtime where no scope is around: that of the test runtime which polls, else the one a facade chose, else the
/// embedded one.
pub(crate) fn outside_scopes(fallback: Option<RuntimeChoice>) -> Arc<dyn Runtime> {
    census::runtime().unwrap_or_else(|| fallback.map_or_else(Embedded::shared, |choose| choose()))
}
