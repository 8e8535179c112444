//! Inspection is enabled once in a process.

use purview::{
    inspect::{self, Inspector, Options, State},
    settled,
};
use purview_tests::{Gate, TestClock, by_hand};

use crate::{enabled, never, node};

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
fn what_was_started_before_is_shown_from_when_it_is_next_polled() {
    let (service, driver) = settled::<()>().name("early").open();
    let mut driver = by_hand(driver);
    let gate = Gate::new();
    let waits = gate.clone();
    service.task().name("woken").spawn::<(), _>(async move {
        loop {
            waits.wait().await;
        }
    });
    service.spawn(never());
    assert!(driver.poll_until_idle().is_pending());

    let inspector = Inspector::new(Options::new(), None, None);
    let _installed = inspector.install(std::sync::Arc::new(TestClock::new()));
    assert!(inspector.snapshot().nodes().is_empty());
    assert_eq!(service.snapshot().nodes().len(), 1, "that scope alone");

    gate.wake();
    assert!(driver.poll_until_idle().is_pending());
    service.task().name("late").spawn(never());
    let tree = inspector.snapshot();
    let names: Vec<_> = tree.nodes().iter().map(inspect::Node::name).collect();
    assert_eq!(names, ["early", "woken", "late"]);
    assert!(matches!(node(&tree, "woken").state, State::Idle(_)));
    assert!(node(&tree, "woken").location.is_some());
}
