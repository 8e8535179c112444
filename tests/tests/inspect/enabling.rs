//! Inspection is enabled once in a process.

use purview::inspect::{self, Options};

use crate::enabled;

#[test]
fn the_second_time_is_refused_and_says_so() {
    enabled();
    assert!(inspect::is_enabled());
    let refused = inspect::enable(Options::new()).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "inspection is enabled already, with the options of the first call"
    );
}
