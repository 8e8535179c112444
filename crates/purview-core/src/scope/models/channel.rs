//! The items on their way from a producer, which its scope polls, to a stream on another thread.

use std::{future::poll_fn, pin::Pin};

use futures_core::Stream;
use loom::{future::block_on, thread};

use super::{explore::explore, on_threads::OnThreads};
use crate::Produced;

fn next<T>(stream: &mut Produced<T>) -> Option<T> {
    block_on(poll_fn(|cx| Pin::new(&mut *stream).poll_next(cx)))
}

#[test]
fn what_is_sent_arrives_and_then_the_stream_ends() {
    explore("a producer and its stream", 1, || {
        let (open, driver) = OnThreads::default().open();
        let mut stream = open.produce(0, async |tx| {
            for item in 1..=2 {
                tx.send(item).await.expect("it is received");
            }
            Ok(())
        });
        let scope = thread::spawn(move || block_on(driver).is_ok());
        assert_eq!(
            [next(&mut stream), next(&mut stream), next(&mut stream)],
            [Some(1), Some(2), None]
        );
        // Until now it could spawn: the end of the stream was its producer's, not its scope's.
        drop(open);
        assert!(scope.join().unwrap());
    });
}

#[test]
fn a_stream_that_is_dropped_releases_its_producer() {
    explore("a producer and the drop of its stream", 2, || {
        let (open, driver) = OnThreads::default().open();
        let stream = open.produce(1, async |tx| {
            while tx.send(1).await.is_ok() {}
            Ok(())
        });
        let scope = thread::spawn(move || block_on(driver).is_ok());
        drop(stream);
        open.close();
        assert!(scope.join().unwrap());
    });
}
