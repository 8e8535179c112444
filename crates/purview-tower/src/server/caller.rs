//! The outside of a request: what the server polls, and drops when the client has left.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use http_body::Body;
use purview_core::{CancelReason, Entered, Task, TaskError};

use super::exchange::Exchange;

/// So often is a request polled after its time is up, before it is answered for: once for the scope to tell what is in
/// it, and once for the scopes in that.
const OVERTIME: u8 = 2;

/// How a request runs.
pub(super) enum Way<E> {
    /// Here, in whatever polls the response.
    Guest(Entered<Result<(), TaskError<E>>>),
    /// On the executor: dropping this leaves it alone.
    Child(Task<Result<(), TaskError<E>>>),
}

/// How the handling of a request has ended.
pub(super) enum Ended {
    ByItself,
    Panicked,
    /// The scope of the service did not take it, or cut it.
    Cancelled,
}

/// A request under way.
pub(super) struct Caller<B: Body, Err, E> {
    way: Option<Way<E>>,
    /// How often it has been polled since its time was up.
    overtime: u8,
    pub(super) exchange: Arc<Exchange<B, Err>>,
}

impl<B: Body, Err, E> Caller<B, Err, E> {
    pub(super) fn new(way: Way<E>, exchange: Arc<Exchange<B, Err>>) -> Self {
        Self {
            way: Some(way),
            overtime: 0,
            exchange,
        }
    }

    /// Takes it out, where it runs here.
    pub(super) fn take_guest(&mut self) -> Option<Way<E>> {
        self.way.take_if(|way| matches!(way, Way::Guest(_)))
    }

    /// Puts back what was taken out.
    pub(super) fn set_guest(&mut self, way: Option<Way<E>>) {
        self.way = way;
    }

    /// Runs it on, where it runs here, and is woken when it has something.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Ended> {
        self.exchange.wait(cx);
        let polled = match &mut self.way {
            None => return Poll::Ready(Ended::ByItself),
            Some(Way::Guest(guest)) => Pin::new(guest).poll(cx),
            Some(Way::Child(task)) => Pin::new(task).poll(cx).map(Ok::<_, CancelReason>),
        };
        polled.map(|out| {
            self.way = None;
            match out {
                Ok(Ok(())) => Ended::ByItself,
                Ok(Err(TaskError::Panicked(_))) => Ended::Panicked,
                Ok(Err(TaskError::Cancelled(reason))) | Err(reason) => {
                    self.exchange.stop(reason);
                    Ended::Cancelled
                }
                Ok(Err(_)) => Ended::Cancelled,
            }
        })
    }
}

impl<B: Body, Err, E> Caller<B, Err, E> {
    /// Whether its time is up, and it has nothing to give. What is told of it has a moment to give what it has, and
    /// what takes longer is not waited for.
    pub(super) fn is_expired(&mut self, ended: &Poll<Ended>, cx: &Context<'_>) -> bool {
        if self.exchange.stopped() != Some(CancelReason::DeadlineExceeded) {
            return false;
        }
        if ended.is_ready() || self.overtime >= OVERTIME {
            return true;
        }
        self.overtime += 1;
        cx.waker().wake_by_ref();
        false
    }
}

impl<B: Body, Err, E> Drop for Caller<B, Err, E> {
    fn drop(&mut self) {
        // What runs here is cancelled by its own drop, and its body has its clean-up like everything else.
        if let Some(Way::Child(_)) = self.way {
            self.exchange.leave();
        }
    }
}
