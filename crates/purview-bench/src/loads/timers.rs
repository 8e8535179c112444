#![cfg(feature = "peers")]

use std::{sync::OnceLock, time::Duration};

use tokio::runtime::{Builder, Runtime};

use super::group::{Case, FEWER_SIZES, Group, cases};
use crate::{Peer, count_poll, peers, sum_of};

/// Stands still while something runs and moves on when nothing does, so that the timers cost what they cost and none waits.
fn paused() -> &'static Runtime {
    static PAUSED: OnceLock<Runtime> = OnceLock::new();
    PAUSED.get_or_init(|| {
        Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .expect("a tokio runtime")
    })
}

fn duration(i: usize) -> Duration {
    Duration::from_millis(1 + (i % 100) as u64)
}

async fn by_tokio(i: usize) -> usize {
    count_poll();
    tokio::time::sleep(duration(i)).await;
    i
}

async fn by_purview(i: usize) -> usize {
    count_poll();
    purview::sleep(duration(i)).await;
    i
}

fn of_tokio<P: Peer>(n: usize) {
    assert_eq!(paused().block_on(P::all(n, by_tokio)), sum_of(n));
}

fn of_purview<P: Peer>(n: usize) {
    assert_eq!(paused().block_on(P::all(n, by_purview)), sum_of(n));
}

pub(super) fn group() -> Group {
    let mut cases = cases!(
        of_tokio, Peer: ScopeOnTokio, Gather, Set, BoxedSet, JoinAll, Buffered, Unicycle, Moro, MoroLocal,
        LocalExecutor, Parallel, JoinSet,
    );
    cases.push(Case {
        peer: "Purview, scope on tokio, purview::sleep",
        run: of_purview::<peers::ScopeOnTokio>,
    });
    Group {
        name: "timers",
        what: "Each child sleeps for 1 to 100 ms by tokio's timer, on tokio's paused clock.",
        per: "child",
        units: |n| n,
        sizes: FEWER_SIZES,
        base: "JoinSet, current-thread",
        cases,
    }
}
