//! When a scope ends, and what is left of it then.
#![forbid(unsafe_code)]

mod a_child_may_spawn_after_the_body;
mod a_grandchild_beside_an_idle_sibling;
mod a_wait_that_is_dropped_keeps_no_waker;
mod after_the_end;
mod ended_while_a_child_is_made;
mod finished_children_are_freed_at_once;
mod polled_or_forgotten_at_the_wrong_time;
mod resolves_after_every_destructor;
mod the_body_has_its_own_waker;
mod waits_for_every_child;
mod without_children;
