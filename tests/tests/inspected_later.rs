//! What runs when inspection begins; in a process of its own, because other tests enable it for theirs.

use std::{future::pending, sync::Arc};

use purview::{
    inspect::{self, Inspector, Options, State},
    settled,
};
use purview_tests::{Gate, TestClock, by_hand};

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
    service.spawn(pending::<Result<(), ()>>());
    assert!(driver.poll_until_idle().is_pending());

    let inspector = Inspector::new(Options::new(), None, None);
    let installed = inspector.install(Arc::new(TestClock::new()));
    assert!(inspector.snapshot().nodes().is_empty());
    assert_eq!(service.snapshot().nodes().len(), 1, "that scope alone");

    gate.wake();
    assert!(driver.poll_until_idle().is_pending());
    service.task().name("late").spawn(pending::<Result<(), ()>>());
    let tree = inspector.snapshot();
    let names: Vec<_> = tree.nodes().iter().map(inspect::Node::name).collect();
    assert_eq!(names, ["early", "woken", "late"]);
    let woken = tree.find("woken").expect("it was polled");
    assert!(matches!(woken.state, State::Idle(_)));
    assert!(woken.location.is_some());

    assert!(inspect::is_enabled());
    drop(installed);
    assert!(!inspect::is_enabled(), "nothing is recorded here any more");
}
