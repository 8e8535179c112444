//! Models of what threads share, each explored by loom in every order that a bound on preemptions allows.
//!
//! They are unit tests, because they drive the real code and much of it is private. `ci/loom.sh` runs them, and then one
//! of them for each defect that is seeded with `--cfg purview_seeded_bug="..."`, which it must catch. What loom does not
//! see: `FuturesUnordered`, the count of references in an `Arc`, and names; to it what happens in there is one step.

mod blocking_child;
mod channel;
mod explore;
mod fate;
mod guest;
mod holding;
mod lazy_node;
mod moving;
mod on_threads;
mod open_scope;
mod parallel_child;
mod parker;
mod permit;
mod queue;
mod readiness;
mod task_slot;
mod token;
