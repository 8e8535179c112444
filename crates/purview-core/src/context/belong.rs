use std::sync::Arc;

use super::{
    current,
    place::{Place, UNMADE},
};
use crate::tree::{ScopeNode, TaskNode};

impl Place {
    /// Has the scope belong to what surrounds the present poll, where it was polled elsewhere before.
    pub(crate) fn update(last: &mut Option<Self>, scope: &Arc<ScopeNode>) {
        let here = current::place();
        if *last == Some(here) && here.task != UNMADE {
            return;
        }
        let around: Option<Arc<TaskNode>> = current::task();
        let here = Self::of(around.as_ref(), here.shielded);
        let before = last.replace(here);
        if before.is_none() {
            scope.settle(around.as_deref());
        }
        if before.unwrap_or_default() != here {
            scope.move_to(around, here.shielded);
        }
    }
}
