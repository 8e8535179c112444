//! The future of a body, a child or a finalizer, which reports what is done to it.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
    thread,
};

use futures::future::BoxFuture;

use crate::{
    program::ActorId,
    trace::{Event, How, Origin, World},
};

/// The payload of the panics that programs are made of; raised without the panic hook, which would print each.
pub(crate) struct Bang(pub(crate) Origin);

pub(crate) fn origin(payload: &(dyn Any + Send)) -> Origin {
    if let Some(Bang(origin)) = payload.downcast_ref() {
        return *origin;
    }
    let text = payload
        .downcast_ref::<String>()
        .map(String::as_str)
        .or(payload.downcast_ref().copied())
        .unwrap_or("");
    if text.contains("use `fail_fast()`") || text.contains("`fail_fast()`, whose") {
        Origin::NoValue
    } else if text.contains("has no value to give") {
        Origin::NoTaskValue
    } else {
        Origin::Unknown
    }
}

/// How an actor ended, as its output tells.
pub(crate) trait Output {
    fn how(&self) -> How;
}

/// What a destructor does besides.
pub(crate) type LastWill = Box<dyn FnOnce() + Send>;

pub(crate) struct Actor<T> {
    world: World,
    id: ActorId,
    bomb: bool,
    last_will: Option<LastWill>,
    future: Option<BoxFuture<'static, T>>,
    polls: Arc<AtomicU64>,
}

impl<T> Actor<T> {
    pub(crate) fn new(world: World, id: ActorId, bomb: bool, future: BoxFuture<'static, T>) -> Self {
        Self {
            world,
            id,
            bomb,
            last_will: None,
            future: Some(future),
            polls: Arc::default(),
        }
    }

    pub(crate) fn with_last_will(mut self, last_will: Option<LastWill>) -> Self {
        self.last_will = last_will;
        self
    }
}

impl<T: Output> Future for Actor<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        let (world, id) = (self.world.clone(), self.id);
        world.log(Event::Polled(id));
        self.polls.fetch_add(1, Ordering::Relaxed);
        let waker = Waker::from(Arc::new(Reports {
            poll: self.polls.load(Ordering::Relaxed),
            polls: self.polls.clone(),
            world: world.clone(),
            id,
            waker: cx.waker().clone(),
        }));
        let future = self.future.as_mut().expect("it has not been dropped");
        let poll = catch_unwind(AssertUnwindSafe(|| {
            future.as_mut().poll(&mut Context::from_waker(&waker))
        }));
        match poll {
            Ok(Poll::Pending) => {
                world.log(Event::Pends(id));
                Poll::Pending
            }
            Ok(Poll::Ready(output)) => {
                world.log(Event::Ended(id, output.how()));
                Poll::Ready(output)
            }
            Err(payload) => {
                world.log(Event::Ended(id, How::Panicked(origin(&*payload))));
                resume_unwind(payload)
            }
        }
    }
}

impl<T> Drop for Actor<T> {
    fn drop(&mut self) {
        self.world.log(Event::IsDropped(self.id));
        let future = self.future.take();
        let mut panic = catch_unwind(AssertUnwindSafe(|| drop(future))).err();
        if let Some(last_will) = self.last_will.take() {
            last_will();
        }
        if self.bomb {
            panic.get_or_insert_with(|| Box::new(Bang(Origin::Destructor(self.id))));
        }
        // A second panic while one unwinds would abort the process, whatever the destructor.
        let panic = panic.filter(|_| !thread::panicking());
        self.world.log(Event::WasDropped(self.id, panic.as_deref().map(origin)));
        if let Some(payload) = panic {
            resume_unwind(payload);
        }
    }
}

struct Reports {
    poll: u64,
    polls: Arc<AtomicU64>,
    world: World,
    id: ActorId,
    waker: Waker,
}

impl Wake for Reports {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let latest = self.polls.load(Ordering::Relaxed) == self.poll;
        let woken = if latest { Event::Woken } else { Event::WokenLate };
        self.world.log(woken(self.id));
        self.waker.wake_by_ref();
    }
}
