//! Hostile uses, each against one promise of the design.

mod executors;
mod watchdog;
