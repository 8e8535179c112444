//! Of [`produce`](purview::Scope::produce).

use std::{
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker},
};

use cooked_waker::{IntoWaker, Wake, WakeRef};
use futures::Stream;
use purview::{Driver, Settled, settled, shield};
use purview_tests::{Gate, by_hand, watched};

type Slot = Arc<Mutex<Option<Pin<Box<Driver<Settled<()>>>>>>>;

/// Lets a moment pass whenever it is cloned for the second time: the scope's driver runs to its end.
struct Meanwhile {
    driver: Slot,
    clones: Arc<Mutex<usize>>,
    gate: Gate,
}

impl Clone for Meanwhile {
    fn clone(&self) -> Self {
        let count = {
            let mut clones = self.clones.lock().unwrap();
            *clones += 1;
            *clones
        };
        if count == 2 {
            self.gate.open();
            let driver = self.driver.lock().unwrap().take();
            let mut driver = driver.expect("it is there the first time");
            assert!(driver.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready());
        }
        Self {
            driver: self.driver.clone(),
            clones: self.clones.clone(),
            gate: self.gate.clone(),
        }
    }
}

impl WakeRef for Meanwhile {
    fn wake_by_ref(&self) {}
}

impl Wake for Meanwhile {}

// Failed: the stream says that it has ended although an item has been sent; it gives it when polled once more. On two
// threads the same happens without such a waker. Docs of `produce`: "the end of the child or of the scope ends the
// stream after what was sent"; issue 5: "no result is lost".
#[test]
fn what_was_sent_comes_before_the_end() {
    watched(|| {
        let gate = Gate::new();
        let (open, driver) = settled::<()>().open();
        let wait = gate.wait();
        let mut stream = open.produce(1, async move |tx| {
            wait.await;
            tx.send(7).await.ok();
            Ok(())
        });
        open.close();
        let mut driver = Box::pin(driver);
        assert!(
            driver
                .as_mut()
                .poll(&mut Context::from_waker(Waker::noop()))
                .is_pending()
        );
        let waker = Box::new(Meanwhile {
            driver: Arc::new(Mutex::new(Some(driver))),
            clones: Arc::default(),
            gate,
        })
        .into_waker();
        let mut cx = Context::from_waker(&waker);
        let first = Pin::new(&mut stream).poll_next(&mut cx);
        assert!(!matches!(first, Poll::Ready(None)), "an item is there");
    });
}

#[test]
fn an_item_that_was_not_received_comes_back() {
    watched(|| {
        let (open, driver) = settled::<()>().open();
        let mut driver = by_hand(driver);
        let sent = Arc::new(Mutex::new(None));
        let note = sent.clone();
        let stream = open.produce(0, async move |tx| {
            let out = shield(tx.send(7)).await;
            *note.lock().unwrap() = Some(out.is_ok());
            Ok(())
        });
        assert!(driver.poll_until_idle().is_pending());
        drop(stream);
        open.close();
        assert!(driver.finish().is_ok());
        assert_eq!(*sent.lock().unwrap(), Some(false), "it has not been received");
    });
}
