//! A snapshot can be taken wherever code of the program's runs.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    task::{Wake, Waker},
};

use purview::{
    TaskInfo, checkpoint,
    inspect::{self, How, Inspector, Observer, Options, Spawned},
    scope, settled,
};
use purview_tests::{CallsOnDrop, by_hand, on_every_runtime};

use crate::{enabled, inspected, never};

async fn in_a_destructor() {
    enabled();
    let seen = Arc::new(AtomicUsize::new(0));
    let counted = seen.clone();
    settled::<()>()
        .name("destructor")
        .run(async |s| {
            let look = CallsOnDrop(move || {
                let tree = inspect::snapshot();
                counted.store(
                    tree.nodes().iter().filter(|node| node.name() == "destructor").count(),
                    SeqCst,
                );
            });
            s.spawn(async move {
                let _look = look;
                never().await
            });
            checkpoint().await;
            s.cancel();
            Ok(())
        })
        .await
        .ok();
    assert!(seen.load(SeqCst) >= 1);
}

on_every_runtime!(in_a_destructor);

struct Looks(Inspector, AtomicUsize);

impl Wake for Looks {
    fn wake(self: Arc<Self>) {
        self.1.store(self.0.snapshot().nodes().len(), SeqCst);
    }
}

#[test]
fn in_a_waker() {
    let (inspector, _installed, _) = inspected(Options::new());
    let looks = Arc::new(Looks(inspector, AtomicUsize::new(0)));
    let (service, driver) = settled::<()>().open();
    let mut driver = by_hand(driver);
    assert!(driver.poll_with(&Waker::from(looks.clone())).is_pending());
    service.spawn(never());
    assert_eq!(
        looks.1.load(SeqCst),
        2,
        "the scope, and the child that has just been spawned"
    );
}

/// Looks at the tree, and uses a scope of its own, whatever it is told.
struct Curious(Arc<AtomicUsize>);

impl Curious {
    fn look(&self) {
        self.0.fetch_add(1, SeqCst);
        let tree = inspect::snapshot();
        assert!(!tree.to_string().is_empty());
        by_hand(scope(async |s| s.spawn(async {}).await)).finish();
        inspect::check();
    }
}

impl Observer for Curious {
    fn spawned(&self, _: &Spawned<'_>) {
        self.look();
    }

    fn polled(&self, _: &TaskInfo, _: std::time::Duration) {
        self.look();
    }

    fn ended(&self, _: &TaskInfo, _: &How) {
        self.look();
    }
}

#[test]
fn in_an_observer_which_is_not_told_of_what_it_does_itself() {
    let looked = Arc::new(AtomicUsize::new(0));
    let options = Options::new().observer(Curious(looked.clone()));
    let (_inspector, _installed, _) = inspected(options);
    by_hand(scope(async |s| {
        s.spawn(async {});
    }))
    .finish();
    // Each of the two is spawned, polled once, and ends.
    assert_eq!(looked.load(SeqCst), 6);
}
