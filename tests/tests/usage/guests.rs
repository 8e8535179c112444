//! The guests of `errors_and_guests.rs`, which needs more than guests to be compiled whole.
#![allow(unused)]
use purview::*;
use std::{io, time::Duration};
fn is_static<F: Future + Send + 'static>(_: F) {}
async fn read(n: u32) -> io::Result<u32> { Ok(n) }
// -- guests
struct Service { scope: Scope<'static, Settled<io::Error>> }
impl Service {
    async fn handle(&self, n: u32) -> io::Result<u32> {
        match self.scope.task().name(format!("GET /{n}")).enter(read(n)).await {
            Ok(Ok(v)) => Ok(v),
            Ok(Err(TaskError::Failed(e))) => Err(e),
            Ok(Err(e)) => Err(io::Error::other(e)),
            Err(reason) => Err(io::Error::other(reason.to_string())),
        }
    }
}
async fn infallible_guest(s: Scope<'static, JoinAll>) -> Result<u32, CancelReason> { s.enter(async { 7 }).await }
async fn limited_guest(s: Scope<'static, Settled<io::Error>>) -> Option<u32> { match s.try_enter(read(1)) { Ok(guest) => guest.await.ok()?.ok(), Err(rejected) => { matches!(rejected.reason(), RejectReason::Full); None } } }
fn all_are_send() {
    is_static(async { let s = Service { scope: settled().open().0 }; s.handle(1).await.ok() });
    is_static(async { infallible_guest(with_policy(JoinAll::new()).open().0).await });
    is_static(async { limited_guest(settled().open().0).await });
}
