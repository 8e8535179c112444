use std::sync::{
    Mutex, OnceLock,
    mpsc::{Sender, channel},
};

#[cfg(feature = "peers")]
use super::group::{FEWER_SIZES, Group, on_every_peer};
use crate::{Batons, Peer, count_poll, sum_of};

/// Each child waits for the one that was spawned after it, and the last one waits for none.
pub fn by_sibling<P: Peer>(n: usize) {
    let batons = Batons::new(n);
    assert_eq!(
        P::block_on(P::all(n, move |i| sibling(batons.clone(), n, i))),
        sum_of(n)
    );
}

async fn sibling(batons: Batons, n: usize, i: usize) -> usize {
    count_poll();
    if i + 1 < n {
        batons.wait(i).await;
    }
    if i > 0 {
        batons.pass(i - 1);
    }
    i
}

/// Each child asks another thread to wake it, and waits for that.
pub fn by_thread<P: Peer>(n: usize) {
    let batons = Batons::new(n);
    assert_eq!(P::block_on(P::all(n, move |i| asking(batons.clone(), i))), sum_of(n));
}

async fn asking(batons: Batons, i: usize) -> usize {
    count_poll();
    let woken = batons.wait(i);
    ask((batons, i));
    woken.await;
    i
}

/// Has the thread that wakes pass a baton.
fn ask(request: (Batons, usize)) {
    static THREAD: OnceLock<Mutex<Sender<(Batons, usize)>>> = OnceLock::new();
    let requests = THREAD.get_or_init(|| {
        let (requests, to_pass) = channel::<(Batons, usize)>();
        std::thread::spawn(move || to_pass.into_iter().for_each(|(batons, i)| batons.pass(i)));
        Mutex::new(requests)
    });
    let requests = requests.lock().expect("none panics");
    requests.send(request).expect("the thread lives as long as the process");
}

#[cfg(feature = "peers")]
pub(super) fn group_by_sibling() -> Group {
    Group {
        name: "woken-by-sibling",
        what: "Each child waits for the one that was spawned after it, which wakes it.",
        per: "child",
        units: |n| n,
        sizes: FEWER_SIZES,
        base: "FuturesUnordered, boxed",
        cases: on_every_peer!(by_sibling),
    }
}

#[cfg(feature = "peers")]
pub(super) fn group_by_thread() -> Group {
    Group {
        name: "woken-by-thread",
        what: "Each child waits for another thread, which wakes it.",
        per: "child",
        units: |n| n,
        sizes: FEWER_SIZES,
        base: "FuturesUnordered, boxed",
        cases: on_every_peer!(by_thread),
    }
}
