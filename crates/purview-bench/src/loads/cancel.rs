use std::{
    future::{Future, pending, poll_fn},
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    task::Poll,
};

use futures::FutureExt;

#[cfg(feature = "peers")]
use super::group::{Case, FEWER_SIZES, Group, cases};
use crate::{Peer, count_poll, yield_now};

/// How many children wait for ever.
#[derive(Clone, Default)]
struct Waiting(Arc<AtomicUsize>);

impl Waiting {
    fn child(&self) -> impl Future<Output = usize> + Send + use<> {
        let waiting = self.clone();
        async move {
            count_poll();
            waiting.0.fetch_add(1, SeqCst);
            let _leave = Leave(waiting);
            pending().await
        }
    }

    fn count(&self) -> usize {
        self.0.load(SeqCst)
    }
}

struct Leave(Waiting);

impl Drop for Leave {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, SeqCst);
    }
}

/// Children that wait for ever, dropped with what holds them once they all wait.
pub fn dropped<P: Peer>(n: usize) {
    let waiting = Waiting::default();
    let children = waiting.clone();
    P::block_on(async {
        {
            let mut all = pin!(P::all(n, move |_| children.child()));
            poll_fn(|cx| {
                assert!(all.as_mut().poll(cx).is_pending());
                if waiting.count() == n {
                    return Poll::Ready(());
                }
                cx.waker().wake_by_ref();
                Poll::Pending
            })
            .await;
        }
        // What an executor holds is dropped where it next runs.
        while waiting.count() > 0 {
            yield_now().await;
        }
    });
}

/// Children that wait for ever, cancelled by the body of their scope once they all wait.
pub fn cancelled(n: usize) {
    let waiting = Waiting::default();
    let children = waiting.clone();
    let stopped: Result<(), purview::ScopeError<()>> =
        futures::executor::block_on(purview::fail_fast().run(async move |s| {
            for _ in 0..n {
                s.spawn(children.child().map(Ok::<_, ()>));
            }
            while children.count() < n {
                yield_now().await;
            }
            s.cancel();
            Ok(())
        }));
    assert!(stopped.is_ok());
    assert_eq!(waiting.count(), 0);
}

#[cfg(feature = "peers")]
pub(super) fn group() -> Group {
    let mut cases = cases!(
        dropped, Peer: Scope, Gather, Set, BoxedSet, JoinAll, TryJoinAll, Buffered, Unicycle, VecJoin, Moro, MoroLocal,
        LocalExecutor, ScopeOnTokio, Parallel, JoinSet, Nursery,
    );
    cases.push(Case {
        peer: "Purview, scope, by its handle",
        run: cancelled,
    });
    Group {
        name: "cancel",
        what: "Children that wait for ever; once they all do, what holds them is dropped, or its scope is cancelled.",
        per: "child",
        units: |n| n,
        sizes: FEWER_SIZES,
        base: "FuturesUnordered, boxed",
        cases,
    }
}
