//! Inspection is enabled once in a process.

use purview::{
    inspect::{self, Options},
    settled,
};
use purview_tests::by_hand;

use crate::{enabled, inspected, never};

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

#[test]
fn what_a_thread_polls_is_recorded_by_the_innermost_that_is_installed_there_and_then_by_the_one_around_it() {
    let (outer, installed, _) = inspected(Options::new());
    let (inner, inside, _) = inspected(Options::new());
    let poll = |name: &str| {
        let (service, driver) = settled::<()>().name(name.to_owned()).open();
        service.spawn(never());
        let mut driver = by_hand(driver);
        assert!(driver.poll_until_idle().is_pending());
        driver
    };
    let _innermost = poll("innermost");
    drop(inside);
    let _around = poll("around");
    drop(installed);
    let _outside = poll("outside");
    for (inspector, name) in [(&inner, "innermost"), (&outer, "around")] {
        let tree = inspector.snapshot();
        let names: Vec<_> = tree.nodes().iter().map(inspect::Node::name).collect();
        assert_eq!(names, [name.to_owned(), format!("{name}/1")], "{tree}");
    }
}
