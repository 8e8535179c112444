//! A scope that is awaited can be shut down by its handle, too.

use std::{
    future::pending,
    sync::{Arc, Mutex},
    time::Duration,
};

use purview::{FailFast, Scope, cancelled, fail_fast};
use purview_tests::{TestClock, by_hand};

const GRACE: Duration = Duration::from_secs(10);

type Handle = Scope<'static, FailFast<()>>;

#[test]
fn its_body_and_children_are_told_and_have_time() {
    let (clock, slot) = (TestClock::new(), Arc::new(Mutex::new(None::<Handle>)));
    let kept = slot.clone();
    let mut run = by_hand(fail_fast::<()>().runtime(clock.clone()).run(async move |s: Handle| {
        drop(s.task().name("deaf").spawn(pending::<Result<(), ()>>()));
        *kept.lock().unwrap() = Some(s);
        cancelled().await;
        Ok(7)
    }));
    assert!(run.poll_until_idle().is_pending());
    let handle = slot.lock().unwrap().take().unwrap();
    let mut shutdown = by_hand(handle.shutdown(GRACE));
    assert!(shutdown.poll().is_pending());
    assert!(run.poll_until_idle().is_pending(), "the deaf one has time");
    clock.advance(GRACE);
    assert_eq!(run.finish().unwrap(), 7, "the body returned in time");
    let report = shutdown.finish();
    assert_eq!(
        report.cut.iter().map(purview::TaskInfo::name).collect::<Vec<_>>(),
        ["deaf"]
    );
}
