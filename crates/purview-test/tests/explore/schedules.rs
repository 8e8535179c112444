//! In what schedules differ, and that correct programs endure it.

use std::{
    cell::RefCell,
    collections::BTreeSet,
    future::poll_fn,
    pin::pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Waker},
    time::Duration,
};

use futures::{channel::oneshot, lock::Mutex as AsyncMutex};
use purview_core::Timer;
use purview_test::{VirtualRuntime, explore, jitter, replay, yield_now};

use crate::programs::spawn;

#[test]
fn a_correct_program_gives_its_value_under_every_seed() {
    let value = explore(300, || async {
        let total = Arc::new(AsyncMutex::new(0));
        let rt = VirtualRuntime::current().unwrap();
        let tasks = [1, 2, 3].map(|n| {
            let (total, rt) = (Arc::clone(&total), rt.clone());
            spawn(jitter(async move {
                rt.sleep_until(rt.now() + Duration::from_secs(1)).await;
                for _ in 0..3 {
                    let mut total = total.lock().await;
                    let before = *total;
                    yield_now().await;
                    *total = before + n;
                }
                rt.elapsed()
            }))
        });
        let elapsed = futures::future::join_all(tasks).await;
        let total = *total.lock().await;
        (total, elapsed)
    });
    assert_eq!(value, (18, vec![Duration::from_secs(1); 3]));
}

#[test]
fn timers_of_one_instant_fire_in_any_order() {
    let first = RefCell::new(BTreeSet::new());
    explore(100, async || {
        let rt = VirtualRuntime::current().unwrap();
        let at = rt.now() + Duration::from_secs(1);
        let order = Arc::new(Mutex::new(Vec::new()));
        let tasks = [0, 1, 2].map(|timer| {
            let (order, sleep) = (Arc::clone(&order), rt.sleep_until(at));
            spawn(async move {
                sleep.await;
                order.lock().unwrap().push(timer);
            })
        });
        futures::future::join_all(tasks).await;
        first.borrow_mut().insert(order.lock().unwrap()[0]);
    });
    assert_eq!(first.into_inner(), BTreeSet::from([0, 1, 2]));
}

#[test]
fn scopes_yield_after_as_few_steps_as_one() {
    let mut polls = BTreeSet::new();
    for seed in 0..100 {
        let mut scopes_polls = 0;
        replay(seed, async || {
            // Polled by another task: neither spurious polls nor delays come between.
            let mut scope = pin!(purview_core::scope(async |s| {
                for _ in 0..10 {
                    s.spawn(async {});
                }
            }));
            let waker = Waker::noop();
            scopes_polls = 1;
            while scope.as_mut().poll(&mut Context::from_waker(waker)).is_pending() {
                scopes_polls += 1;
            }
        });
        polls.insert(scopes_polls);
    }
    // The body, ten that are taken in one by one, and their polls, up to three in one of the scope's.
    let most = polls.last().copied();
    assert!(polls.contains(&1) && most > Some(12), "{polls:?}");
}

#[test]
fn some_seeds_poll_without_a_wake_and_give_each_poll_its_own_waker() {
    let (mut spurious, mut foreign) = (0, 0);
    for seed in 0..100 {
        let polls = Arc::new(AtomicUsize::new(0));
        let wakers = Arc::new(Mutex::new(Vec::<Waker>::new()));
        replay(seed, async || {
            let (polls, wakers) = (Arc::clone(&polls), Arc::clone(&wakers));
            let (woken, wait) = oneshot::channel::<()>();
            let task = spawn(async move {
                let mut wait = wait;
                poll_fn(|cx| {
                    polls.fetch_add(1, Ordering::SeqCst);
                    wakers.lock().unwrap().push(cx.waker().clone());
                    std::pin::Pin::new(&mut wait).poll(cx)
                })
                .await
            });
            for _ in 0..20 {
                yield_now().await;
                spawn(async {}).await;
            }
            woken.send(()).unwrap();
            task.await.unwrap();
        });
        let wakers = wakers.lock().unwrap();
        // One poll to arm, and one for the wake; it may have been ready at the first.
        spurious += u32::from(polls.load(Ordering::SeqCst) > 2);
        foreign += u32::from(wakers.windows(2).any(|pair| !pair[0].will_wake(&pair[1])));
    }
    assert!((10..90).contains(&spurious), "{spurious} of 100 seeds");
    assert!((10..90).contains(&foreign), "{foreign} of 100 seeds");
}
