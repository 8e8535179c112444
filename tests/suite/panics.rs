use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::{Context, Poll},
};

/// The output of `future`, or the message it panicked with.
pub fn caught<F: Future>(future: F) -> Caught<F> {
    Caught(Box::pin(future))
}

/// What [`caught`] gives. Named, because what an `async fn` would give is not `Send` around a scope whose error has a
/// lifetime in it.
#[derive(Debug)]
#[must_use = "futures do nothing until awaited"]
pub struct Caught<F>(Pin<Box<F>>);

impl<F: Future> Future for Caught<F> {
    type Output = Result<F::Output, String>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match catch_unwind(AssertUnwindSafe(|| self.0.as_mut().poll(cx))) {
            Ok(polled) => polled.map(Ok),
            Err(payload) => Poll::Ready(Err(message_of(&*payload))),
        }
    }
}

/// The message in the payload of a panic.
pub fn message_of(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_owned())
}
