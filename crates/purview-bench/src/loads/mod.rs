//! What children do, a file for each load.

mod again;
mod cancel;
mod channels;
mod fail_fast;
mod group;
mod guests;
mod nested;
mod open;
mod ready;
mod shield;
mod sized;
mod small;
mod timeout;
mod timers;
mod tuple;
mod woken;
mod yields;

pub use cancel::{cancelled, dropped};
pub use channels::channels;
pub use fail_fast::fail_fast;
pub use group::{Case, Group};
pub use guests::guests;
pub use open::open_scope;
pub use ready::ready;
pub use shield::shielded;
pub use sized::sized;
pub use small::small;
pub use timeout::{timeout, timeout_of_tokio};
pub use tuple::{gather_macro, try_join_macro};
pub use woken::{by_sibling, by_thread};
pub use yields::yields;

#[cfg(feature = "peers")]
pub use tuple::tuple_join;

/// Everything that is timed, in the order of the tables.
#[cfg(feature = "peers")]
pub fn groups() -> Vec<Group> {
    vec![
        ready::group(),
        yields::group_once(),
        yields::group_eight_times(),
        woken::group_by_sibling(),
        woken::group_by_thread(),
        again::group(),
        cancel::group(),
        fail_fast::group(),
        timers::group(),
        nested::group(),
        sized::group_64(),
        sized::group_1024(),
        sized::group_16384(),
        small::group_0(),
        small::group_1(),
        small::group_3(),
        channels::group(),
        timeout::group(),
        shield::group(),
        open::group(),
    ]
}
