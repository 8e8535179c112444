//! A waker is the user's code, and may use whatever it is woken for.

use std::{
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll, Wake, Waker},
};

use purview_core::{Task, fail_fast, scope};

/// Polls the task it was put down for, from inside `wake`.
struct Impatient {
    task: Mutex<Option<Task<u32>>>,
    seen: Mutex<Vec<u32>>,
}

impl Wake for Impatient {
    fn wake(self: Arc<Self>) {
        let Some(mut task) = self.task.lock().unwrap().take() else {
            return;
        };
        if let Poll::Ready(value) = Pin::new(&mut task).poll(&mut Context::from_waker(Waker::noop())) {
            self.seen.lock().unwrap().push(value);
        }
    }
}

#[test]
fn a_waker_may_poll_the_task_that_wakes_it() {
    let impatient = Arc::new(Impatient {
        task: Mutex::default(),
        seen: Mutex::default(),
    });
    let waker = impatient.clone().into();
    purview_core::block_on(scope(async |s| {
        let mut task = s.spawn(async { 7 });
        assert!(Pin::new(&mut task).poll(&mut Context::from_waker(&waker)).is_pending());
        *impatient.task.lock().unwrap() = Some(task);
    }));
    assert_eq!(*impatient.seen.lock().unwrap(), [7]);
}

#[test]
fn a_waker_may_ask_the_token_that_wakes_it() {
    struct Asks(purview_core::CancelToken, Mutex<Vec<bool>>);
    impl Wake for Asks {
        fn wake(self: Arc<Self>) {
            let child = self.0.child();
            let mut again = Box::pin(self.0.cancelled());
            let ready = again.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready();
            self.1.lock().unwrap().push(ready && child.is_cancelled());
        }
    }
    let (service, driver) = fail_fast::<()>().open();
    let asks = Arc::new(Asks(service.token(), Mutex::default()));
    let mut waiting = Box::pin(service.token().cancelled());
    let waker = asks.clone().into();
    assert!(waiting.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    service.cancel();
    assert_eq!(*asks.1.lock().unwrap(), [true]);
    drop(driver);
}
