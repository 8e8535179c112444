//! Hostile uses, each against one promise of the design. Tests under a comment `FAILS` fail today.

mod broken_abandoned;
mod broken_bindings;
mod broken_block_on;
mod broken_blocking;
mod broken_gather;
mod broken_panics;
mod broken_produce;
mod broken_refusal;
mod broken_shutdown;
mod broken_start;
mod broken_timeout;
mod executors;
mod more;
mod watchdog;
