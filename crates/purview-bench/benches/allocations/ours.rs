use purview_tests::by_hand;

use crate::{child, fallible};

pub(crate) fn plain(n: usize) -> usize {
    let scope = purview::scope(async |s| {
        for n in 0..n {
            s.spawn(child(n));
        }
        n
    });
    by_hand(scope).finish()
}

pub(crate) async fn parallel(n: usize) {
    purview::scope(async |s| {
        for n in 0..n {
            s.spawn_parallel(child(n));
        }
    })
    .await;
}

pub(crate) fn gather(n: usize) -> usize {
    let all = by_hand(purview::gather((0..n).map(fallible))).finish();
    all.expect("nobody fails").len()
}

pub(crate) fn three() {
    let mut all = std::pin::pin!(purview::gather!(fallible(0), fallible(1), fallible(2)));
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    while all.as_mut().poll(&mut cx).is_pending() {}
}
