//! An observer may use the very scope of which it is told, at each event.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use purview::{
    CancelReason, Scope, Settled, TaskInfo, checkpoint, gather,
    inspect::{self, Held, How, Observer, Options, Report, ScopeInfo, Spawned},
    settled, shield, sleep,
};
use purview_tests::by_hand;

use crate::{inspected, never};

type Service = Scope<'static, Settled<()>>;

const EVENTS: [&str; 10] = [
    "opened", "closed", "spawned", "started", "polled", "ended", "cut", "held", "let go", "reported",
];

/// What is done with the scope.
const ACTIONS: [fn(&Service); 6] = [
    |service| service.cancel(),
    |service| service.close(),
    |service| drop(service.spawn(async { Ok(()) })),
    |service| service.defer(async { Ok(()) }),
    |service| drop(by_hand(service.enter(async { Ok(()) })).poll()),
    |service| {
        assert!(!service.snapshot().to_string().is_empty());
        inspect::check();
    },
];

#[derive(Clone)]
struct Busy {
    at: &'static str,
    action: fn(&Service),
    service: Arc<Mutex<Option<Service>>>,
    /// How often it did it; and how many observers have panicked.
    done: Arc<AtomicUsize>,
    panicked: Arc<AtomicUsize>,
}

impl Busy {
    fn told(&self, event: &str) {
        // What it spawns is not told to it, but more of its events are.
        if event != self.at {
            return;
        }
        let service = self.service.lock().unwrap().clone();
        if let Some(service) = service.filter(|_| self.done.fetch_add(1, SeqCst) < 5) {
            (self.action)(&service);
        }
    }
}

impl Observer for Busy {
    fn opened(&self, _: &ScopeInfo, _: Option<&TaskInfo>) {
        self.told("opened");
    }

    fn closed(&self, _: &ScopeInfo) {
        self.told("closed");
    }

    fn spawned(&self, _: &Spawned<'_>) {
        self.told("spawned");
    }

    fn started(&self, _: &TaskInfo, _: Duration) {
        self.told("started");
    }

    fn polled(&self, _: &TaskInfo, _: Duration) {
        self.told("polled");
    }

    fn ended(&self, _: &TaskInfo, _: &How) {
        self.told("ended");
    }

    fn cut(&self, _: &ScopeInfo, _: &CancelReason) {
        self.told("cut");
    }

    fn held(&self, _: &TaskInfo, _: Held) {
        self.told("held");
    }

    fn let_go(&self, _: &TaskInfo, _: Held) {
        self.told("let go");
    }

    fn reported(&self, report: &Report) {
        if matches!(report, Report::ObserverPanicked { .. }) {
            self.panicked.fetch_add(1, SeqCst);
        }
        self.told("reported");
    }
}

/// Gives how often the observer acted.
fn run(at: &'static str, action: fn(&Service)) -> usize {
    let busy = Busy {
        at,
        action,
        service: Arc::default(),
        done: Arc::default(),
        panicked: Arc::default(),
    };
    let witness = Busy {
        at: "never",
        ..busy.clone()
    };
    let options = Options::new().observer(busy.clone()).observer(witness);
    let (inspector, _installed, clock) = inspected(options.slow_poll(Duration::ZERO));
    let (service, driver) = settled::<()>().grace(Duration::from_secs(2)).limit(3).open();
    *busy.service.lock().unwrap() = Some(service.clone());
    let mut driver = by_hand(driver);
    service.defer(async { Ok(()) });
    service.spawn(async {
        checkpoint().await;
        Ok(())
    });
    service.spawn(async {
        shield(sleep(Duration::from_secs(1))).await;
        Err::<(), ()>(())
    });
    service.spawn(async {
        gather([never::<()>()]).settled().await;
        Ok(())
    });
    let mut over = driver.poll_until_idle().is_ready();
    let mut guest = by_hand(service.enter(never()));
    // It is refused where the observer has closed or cancelled the scope.
    let _ = guest.poll();
    for round in 0..10 {
        if over {
            break;
        }
        if round == 2 {
            service.cancel();
        }
        clock.advance(Duration::from_millis(500));
        over = driver.poll_until_idle().is_ready();
    }
    assert!(over, "{at}: {}", inspector.snapshot());
    assert_eq!(busy.panicked.load(SeqCst), 0, "{at}");
    drop(guest);
    // What records the scope holds the observer: without this neither would ever be dropped.
    let left = busy.service.lock().unwrap().take();
    drop(left);
    busy.done.load(SeqCst)
}

#[test]
fn it_may_use_the_scope_that_it_is_told_of_at_each_event() {
    for event in EVENTS {
        for action in ACTIONS {
            assert!(run(event, action) > 0, "{event} never came");
        }
    }
}
