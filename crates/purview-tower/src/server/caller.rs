//! The outside of a request: what the server polls, and drops when the client has left.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

use http_body::Body;
use purview_core::{CancelReason, Entered, Task, TaskError};

use super::{exchange::Exchange, overdue::Due};

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

/// A request that waits for its turn, under a limit of the service's scope: its own scope, which would see the deadline,
/// has not begun.
struct Turn {
    due: Due,
    /// There is a timer only where it has to wait. Never locked: that makes it `Sync`.
    late: Option<Mutex<Late>>,
}

type Late = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A request under way.
pub(super) struct Caller<B: Body, Err, E> {
    way: Option<Way<E>>,
    /// Until it begins, if it has a deadline.
    turn: Option<Turn>,
    /// How often it has been polled since its time was up.
    overtime: u8,
    /// The scope of the service did not take it, or cut it, within its time.
    turned_away: bool,
    pub(super) exchange: Arc<Exchange<B, Err>>,
}

impl<B: Body, Err, E> Caller<B, Err, E> {
    pub(super) fn new(way: Way<E>, exchange: Arc<Exchange<B, Err>>, due: Option<Due>) -> Self {
        Self {
            way: Some(way),
            turn: due.map(|due| Turn { due, late: None }),
            overtime: 0,
            turned_away: false,
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
        if polled.is_pending() && self.is_too_late_to_begin(cx) {
            self.give_up();
            return Poll::Ready(Ended::ByItself);
        }
        polled.map(|out| {
            self.way = None;
            match out {
                Ok(Ok(())) => Ended::ByItself,
                Ok(Err(TaskError::Panicked(_))) => Ended::Panicked,
                Ok(Err(TaskError::Cancelled(reason))) | Err(reason) => {
                    self.turned_away = self.exchange.stopped().is_none();
                    self.exchange.stop(reason);
                    Ended::Cancelled
                }
                Ok(Err(_)) => Ended::Cancelled,
            }
        })
    }

    fn is_too_late_to_begin(&mut self, cx: &mut Context<'_>) -> bool {
        let Some(Turn { due, late }) = &mut self.turn else {
            return false;
        };
        if self.exchange.has_begun() {
            self.turn = None;
            return false;
        }
        let late = late.get_or_insert_with(|| Mutex::new(due.runtime.sleep_until(due.at)));
        let late = late.get_mut().unwrap_or_else(PoisonError::into_inner);
        late.as_mut().poll(cx).is_ready()
    }

    /// It leaves the queue.
    fn give_up(&mut self) {
        self.turn = None;
        self.exchange.stop(CancelReason::DeadlineExceeded);
        if let Some(Way::Child(task)) = self.way.take() {
            task.cancel();
        }
    }

    /// Whether its time is up, and it has nothing to give. What is told of it has a moment to give what it has, and
    /// what takes longer is not waited for.
    pub(super) fn is_expired(&mut self, ended: &Poll<Ended>, cx: &Context<'_>) -> bool {
        // The service may have had a deadline too.
        if self.turned_away || self.exchange.stopped() != Some(CancelReason::DeadlineExceeded) {
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
