//! Everything that code inside a scope can do to it, from wherever it is called.

use std::{
    future::{pending, ready},
    task::Poll,
    time::Duration,
};

use futures::{FutureExt, StreamExt};
use purview::{FailFast, Scope, gather, scope, settled, timeout};
use purview_tests::{by_hand, caught, yields};

use crate::live::Live;

/// The kind of scope that is meddled with.
pub(crate) type Meddled = Scope<'static, FailFast<&'static str>>;

/// Spawns into it in every way.
pub(crate) fn spawn(s: &Meddled, live: &Live) {
    drop(s.spawn(live.within(yields(2).map(Ok))));
    drop(s.spawn_parallel(live.within(yields(2).map(Ok))));
    drop(
        s.task()
            .daemon()
            .name("daemon")
            .spawn(live.within(pending::<Result<(), _>>())),
    );
    drop(s.try_spawn(live.within(ready(Ok(())))));
    let value = live.value();
    drop(s.spawn_blocking(move |_| {
        drop(value);
        Ok(())
    }));
    s.defer(live.within(yields(2)));
    drop(s.start(|ready| live.within(async move { ready.set(()).map_err(|_| "twice") })));
    drop(s.produce(1, |tx| live.within(async move { tx.send(1).await.or(Ok(())) })));
    if let Some(permit) = by_hand(s.permit()).poll_once() {
        drop(permit.spawn(live.within(ready(Ok(())))));
    }
}

/// Cancels single tasks of it: one that has not begun, one under way, one twice.
pub(crate) fn cancel_tasks(s: &Meddled, live: &Live) {
    let tasks = [
        s.spawn(live.within(pending::<Result<(), _>>())),
        s.spawn_parallel(live.within(pending())),
    ];
    for task in &tasks {
        task.cancel();
        task.cancel();
    }
    let token = s.token().child();
    token.cancel();
}

/// Awaits in it, as far as that goes without waiting.
pub(crate) fn await_in(s: &Meddled, live: &Live) {
    // Where the scope is over, awaiting a task says so with a panic; in another thread than the scope's it may be done.
    let mut task = by_hand(caught(s.spawn(live.within(yields(1).map(|()| Ok(7))))));
    assert!(task.poll_once().is_none_or(|given| given.is_err() || given == Ok(7)));
    let mut hears = by_hand(s.token().cancelled());
    let told = hears.poll_once().is_some();
    assert!(!told || s.token().is_cancelled());
    let mut items = s.produce(0, |tx| live.within(async move { tx.send(1).await.or(Ok(())) }));
    let _ = by_hand(items.next()).poll_once();
    drop(by_hand(s.shutdown(Duration::MAX)));
}

/// Looks at it, and drops handles of it.
pub(crate) fn drop_handles(s: &Meddled) {
    drop((s.clone(), s.token(), s.token().child(), s.task()));
    drop((s.len(), s.is_empty(), s.is_cancelled(), format!("{s:?}")));
    // Not in a scope that is cancelled.
    let too_late = s.token().is_cancelled();
    assert!(s.set_deadline(None).is_err() || !too_late);
}

/// Nests scopes: one that ends here, one that is dropped.
pub(crate) fn nest(live: &Live) {
    let mut ended = by_hand(scope(async |inner| {
        inner.spawn(live.within(yields(2)));
        inner.defer(live.within(yields(2)));
        live.within(yields(2)).await;
        7
    }));
    // In a scope that is cancelled it is too, and waits to be dropped.
    if let Poll::Ready(value) = ended.poll_until_idle() {
        assert_eq!(value, 7);
    }
    let mut dropped = by_hand(settled::<&str>().run(async |inner| {
        inner.spawn(live.within(timeout(Duration::MAX, pending::<()>()).map(|_| Ok(()))));
        inner.spawn_parallel(live.within(pending::<Result<(), _>>()));
        inner.defer(live.within(pending::<()>()));
        live.within(pending::<Result<(), _>>()).await
    }));
    drop(dropped.poll_until_idle());
    drop(dropped);
    match by_hand(gather((0..3).map(|i| live.within(ready(Ok::<_, ()>(i)))))).finish() {
        Ok(values) => assert_eq!(values, [0, 1, 2]),
        Err(error) => assert!(error.is_cancelled()),
    }
}

/// All of it.
pub(crate) fn everything(s: &Meddled, live: &Live) {
    spawn(s, live);
    cancel_tasks(s, live);
    await_in(s, live);
    drop_handles(s);
    nest(live);
}

/// All of it, then cancels, and all of it again.
pub(crate) fn everything_and_cancel(s: &Meddled, live: &Live) {
    everything(s, live);
    s.cancel_with("meddled with");
    everything(s, live);
}

/// A poll that may or may not give something.
trait PollOnce {
    type Output;
    fn poll_once(&mut self) -> Option<Self::Output>;
}

impl<F: Future> PollOnce for purview_tests::ByHand<F> {
    type Output = F::Output;

    fn poll_once(&mut self) -> Option<F::Output> {
        match self.poll() {
            Poll::Ready(output) => Some(output),
            Poll::Pending => None,
        }
    }
}
