use std::{
    pin::Pin,
    sync::{Arc, Mutex},
    time::Instant,
};

use purview::{cancelled, deadline, scope};
use purview_tests::{Gate, Log, yield_now};

/// A future that is moved from place to place.
pub(super) type Subject = Pin<Box<dyn Future<Output = u32> + Send>>;

/// What a subject gives when nothing went wrong.
pub(super) const VALUE: u32 = 7;

/// The deadline that was seen inside.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Seen(pub(super) Option<Instant>);

/// The test's end of what runs inside a subject.
#[derive(Clone, Default)]
pub(super) struct Probe {
    /// Has the inside look at its deadline.
    pub(super) look: Gate,
    /// Has the inside end.
    pub(super) go: Gate,
    pub(super) log: Log,
    seen: Arc<Mutex<Option<Seen>>>,
}

impl Probe {
    /// What runs inside: it cleans up, it notes why it is cancelled, it looks at its deadline when it is asked to, and it
    /// ends when it may.
    pub(super) async fn inside(self) -> u32 {
        let probe = &self;
        scope(async move |s| {
            s.defer(async move {
                yield_now().await;
                probe.log.note("cleaned up");
            });
            s.task().daemon().spawn(async move {
                probe.log.note(format!("told {:?}", cancelled().await));
            });
            probe.look.wait().await;
            *probe.seen.lock().expect("no test panics while it looks") = Some(Seen(deadline()));
            probe.go.wait().await;
            VALUE
        })
        .await
    }

    /// What was seen inside; `None` where it has not looked.
    pub(super) fn seen(&self) -> Option<Seen> {
        *self.seen.lock().expect("no test panics while it looks")
    }
}
