//! Scopes that live as long as a service: `open()`, `close()`, `shutdown()`, and the driver.
#![forbid(unsafe_code)]

mod closing;
mod drivers_dropped_early;
mod drivers_on_every_executor;
mod failures_come_out_of_the_driver;
mod first_uses_before_the_driver_runs;
mod in_a_struct;
mod inside_another_scope;
mod options_apply;
mod shutdown_gives_time;
mod shutdown_is_repeatable;
mod shutdown_of_other_scopes;
mod shutdown_reports;
mod spawning_wakes_the_driver;
