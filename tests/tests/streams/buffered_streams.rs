//! The two ways in which a buffered stream stands still, and that `for_each` does not.

use std::{
    cell::Cell,
    sync::atomic::{AtomicU32, Ordering::SeqCst},
    time::Duration,
};

use futures::{StreamExt, lock::Mutex, stream};
use purview_core::{checkpoint, gather_stream, sleep};
use purview_test::VirtualRuntime;

const MS: Duration = Duration::from_millis(1);

/// The first ends soon and needs no lock; the second holds it meanwhile.
async fn work(index: usize, lock: &Mutex<()>) -> Result<usize, ()> {
    if index == 0 {
        checkpoint().await;
    } else {
        let _held = lock.lock().await;
        for _ in 0..5 {
            checkpoint().await;
        }
    }
    Ok(index)
}

#[test]
fn a_consumer_that_needs_what_a_buffered_future_holds_waits_for_ever() {
    let lock = Mutex::new(());
    let stalled = VirtualRuntime::new().try_block_on(async {
        let mut done = stream::iter(0..2).map(|index| work(index, &lock)).buffer_unordered(2);
        while done.next().await.is_some() {
            drop(lock.lock().await);
        }
    });
    assert!(stalled.unwrap_err().is_deadlock());
}

#[test]
fn for_each_polls_the_holder_while_its_closure_waits() {
    let lock = Mutex::new(());
    let seen = AtomicU32::new(0);
    VirtualRuntime::new().run(
        gather_stream(stream::iter(0..2).map(|index| work(index, &lock)))
            .limit(2)
            .for_each(async |_, result| {
                drop(lock.lock().await);
                assert!(result.is_ok());
                seen.fetch_add(1, SeqCst);
            }),
    );
    assert_eq!(seen.load(SeqCst), 2);
}

/// Ends at once, or counts the milliseconds that it lives.
async fn count(index: usize, ticks: &Cell<u32>) -> Result<(), ()> {
    if index > 0 {
        for _ in 0..200 {
            sleep(MS).await;
            ticks.set(ticks.get() + 1);
        }
    }
    Ok(())
}

#[test]
fn a_slow_consumer_starves_what_a_buffered_stream_has_in_flight() {
    let ticks = Cell::new(0);
    VirtualRuntime::new().run(async {
        let mut done = stream::iter(0..2).map(|index| count(index, &ticks)).buffer_unordered(2);
        done.next().await.unwrap().unwrap();
        sleep(100 * MS).await;
    });
    assert_eq!(ticks.get(), 0);
}

#[test]
fn for_each_keeps_what_is_in_flight_going_beside_a_slow_closure() {
    let ticks = Cell::new(0);
    let seen = Cell::new(None);
    VirtualRuntime::new().run(
        gather_stream(stream::iter(0..2).map(|index| count(index, &ticks)))
            .limit(2)
            .for_each(async |index, _| {
                sleep(100 * MS).await;
                if index == 0 {
                    seen.set(Some(ticks.get()));
                }
            }),
    );
    assert!(seen.get().is_some_and(|ticks| ticks >= 99), "{seen:?}");
}
