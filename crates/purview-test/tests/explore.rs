//! `explore` finds what the plain schedule hides, leaves correct programs alone, and says how to replay a failure.

use std::{
    any::Any,
    cell::RefCell,
    collections::BTreeSet,
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering},
    },
    task::{Poll, Waker},
    time::Duration,
};

use futures::{channel::oneshot, future::join, lock::Mutex as AsyncMutex};
use purview_core::{Spawner, Timer, sleep};
use purview_test::{VirtualRuntime, explore, jitter, replay, yield_now};

const SECOND: Duration = Duration::from_secs(1);

/// What a panic says.
fn text(payload: &(dyn Any + Send)) -> &str {
    payload
        .downcast_ref::<String>()
        .map(String::as_str)
        .or(payload.downcast_ref().copied())
        .unwrap_or("?")
}

fn failure<T>(program: impl FnOnce() -> T) -> Option<String> {
    catch_unwind(AssertUnwindSafe(program))
        .err()
        .map(|payload| text(&*payload).to_owned())
}

/// Runs `future` as a task of the virtual runtime, and gives its output.
fn spawn<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> impl Future<Output = T> {
    let (tell, told) = oneshot::channel();
    let runtime = VirtualRuntime::current().expect("inside a virtual runtime");
    let task = async move { drop(tell.send(future.await)) };
    runtime.spawn(Box::pin(task)).expect("the runtime takes work");
    async { told.await.expect("the task ends") }
}

/// An event that keeps the first waker it sees, and so misses a wake-up when it is polled again with another.
#[derive(Default)]
struct KeepsTheFirstWaker {
    set: AtomicBool,
    waker: Mutex<Option<Waker>>,
}

impl KeepsTheFirstWaker {
    fn set(&self) {
        self.set.store(true, Ordering::SeqCst);
        let waker = self.waker.lock().unwrap().take();
        waker.inspect(Waker::wake_by_ref);
    }

    async fn wait(&self) {
        poll_fn(|cx| {
            if self.set.load(Ordering::SeqCst) {
                return Poll::Ready(());
            }
            self.waker.lock().unwrap().get_or_insert_with(|| cx.waker().clone());
            Poll::Pending
        })
        .await;
    }
}

async fn waits_for_an_event_that_keeps_the_first_waker() {
    let event = KeepsTheFirstWaker::default();
    let rt = VirtualRuntime::current().unwrap();
    let mut woken_in_between = rt.sleep_until(rt.now() + Duration::from_secs(1));
    let setter = async {
        (&mut woken_in_between).await;
        yield_now().await;
        event.set();
    };
    join(event.wait(), setter).await;
}

/// Two tasks take two locks in opposite order, and look up in between.
async fn takes_two_locks_in_opposite_order() {
    let locks = Arc::new([AsyncMutex::new(()), AsyncMutex::new(())]);
    let both = [[0, 1], [1, 0]].map(|[first, second]| {
        let locks = Arc::clone(&locks);
        spawn(async move {
            let _first = locks[first].lock().await;
            yield_now().await;
            let _second = locks[second].lock().await;
        })
    });
    let [one, other] = both;
    join(one, other).await;
}

/// The order in which two tasks push.
async fn pushes_in_the_order_of_the_schedule() -> Vec<u32> {
    let pushed = Arc::new(Mutex::new(Vec::new()));
    let [one, other] = [1, 2].map(|number| {
        let pushed = Arc::clone(&pushed);
        spawn(async move { pushed.lock().unwrap().push(number) })
    });
    join(one, other).await;
    Arc::into_inner(pushed)
        .expect("both tasks have ended")
        .into_inner()
        .unwrap()
}

#[test]
fn a_missed_wake_up_is_reported_as_a_deadlock() {
    assert_eq!(
        failure(|| explore(0..=0, waits_for_an_event_that_keeps_the_first_waker)),
        None
    );
    let text = failure(|| explore(100, waits_for_an_event_that_keeps_the_first_waker)).unwrap();
    assert!(
        text.starts_with("deadlock: every task waits and no timer is armed"),
        "{text}"
    );
    assert!(text.contains("through the waker of an earlier poll"), "{text}");
}

#[test]
fn a_lock_order_deadlock_is_reported_with_the_tasks_that_wait() {
    let text = failure(|| explore(100, takes_two_locks_in_opposite_order)).unwrap();
    assert!(text.starts_with("deadlock"), "{text}");
    assert!(text.contains("root"), "{text}");
    assert_eq!(text.matches("spawned by root").count(), 2, "{text}");
}

#[test]
fn a_deadlock_inside_a_scope_is_reported_with_the_names_of_its_children() {
    let program = async || {
        let (checking, savings) = (AsyncMutex::new(()), AsyncMutex::new(()));
        let transfer = async |from: &AsyncMutex<()>, to: &AsyncMutex<()>| {
            let _from = from.lock().await;
            sleep(SECOND).await;
            let _to = to.lock().await;
        };
        purview_core::scope(async |s| {
            s.task().name("to savings").spawn(jitter(transfer(&checking, &savings)));
            s.task().name("to checking").spawn(jitter(async {
                sleep(SECOND).await;
                transfer(&savings, &checking).await;
            }));
        })
        .await;
    };
    assert_eq!(failure(|| explore(0..=0, program)), None);
    let text = failure(|| explore(100, program)).unwrap();
    assert!(text.starts_with("deadlock"), "{text}");
    assert!(
        text.contains("to savings: polled") && text.contains("to checking: polled"),
        "{text}"
    );
}

#[test]
fn a_value_that_depends_on_the_schedule_is_reported_with_both_values() {
    assert_eq!(failure(|| explore(0..=0, pushes_in_the_order_of_the_schedule)), None);
    let text = failure(|| explore(100, pushes_in_the_order_of_the_schedule)).unwrap();
    assert!(
        text.starts_with("the value depends on the schedule: seed 0 gave [1, 2], seed "),
        "{text}"
    );
    assert!(text.ends_with("gave [2, 1]"), "{text}");
}

#[test]
fn a_failing_seed_fails_again_alone() {
    let failing: Vec<u64> = (0..100)
        .filter(|&seed| failure(|| replay(seed, takes_two_locks_in_opposite_order)).is_some())
        .collect();
    assert!((1..100).contains(&failing.len()), "{failing:?}");
    for seed in failing {
        assert!(
            failure(|| explore([seed], takes_two_locks_in_opposite_order)).is_some(),
            "seed {seed}"
        );
    }
}

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
fn some_seeds_poll_what_nobody_woke_and_give_each_poll_its_own_waker() {
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

#[test]
fn a_program_that_never_ends_is_reported() {
    let endless = VirtualRuntime::exploring(1).max_steps(1000).try_block_on(poll_fn(|cx| {
        cx.waker().wake_by_ref();
        Poll::<()>::Pending
    }));
    let endless = endless.unwrap_err();
    assert!(endless.is_endless() && !endless.is_deadlock());
    assert!(
        endless
            .to_string()
            .starts_with("endless: the program has not ended after 1000 steps")
    );
}

#[test]
fn a_deadlock_behind_a_heartbeat_is_reported_as_endless() {
    let rt = VirtualRuntime::exploring(1).max_steps(1000);
    let clock = rt.clone();
    rt.spawn(Box::pin(async move {
        loop {
            clock.sleep_until(clock.now() + Duration::from_secs(1)).await;
        }
    }))
    .unwrap();
    let (_kept, never) = oneshot::channel::<()>();
    assert!(rt.try_block_on(never).unwrap_err().is_endless());
    rt.shutdown();
}

#[test]
fn a_stuck_future_is_dropped_before_the_deadlock_is_reported() {
    let held = Arc::new(AtomicU32::new(0));
    let inside = Arc::clone(&held);
    let (_kept, never) = oneshot::channel::<()>();
    let stuck = async move {
        never.await.unwrap();
        drop(inside);
    };
    let stalled = VirtualRuntime::exploring(0).try_block_on(stuck).unwrap_err();
    assert!(stalled.is_deadlock());
    assert_eq!(Arc::strong_count(&held), 1);
}
