//! What is `Send`, `Sync`, `Clone` and `Unpin`, and what must not be.

use std::{
    cell::Cell,
    convert::Infallible,
    io,
    panic::{RefUnwindSafe, UnwindSafe},
    rc::Rc,
};

use purview::{
    CancelReason, CancelToken, Completed, DeadlineExceeded, Driver, Entered, FailFast, Failure, JoinAll, LocalScope,
    Panic, Permit, Policy, Ready, Rejected, Report, Run, Scope, ScopeError, ScopedStream, Settled, Settlement, Sleep,
    Start, StartError, Task, TaskError, TaskId, TaskInfo, Timeout, TooLate, Unblocked, UntilCancelled, WithContext,
};
use static_assertions::{assert_impl_all, assert_not_impl_any};

type Boxed<R = ()> = std::pin::Pin<Box<dyn Future<Output = Result<R, io::Error>> + Send>>;
type BoxedHere = std::pin::Pin<Box<dyn Future<Output = Result<(), io::Error>>>>;
type AtOnce = std::future::Ready<Result<u8, io::Error>>;
type Value = std::future::Ready<u8>;
type NotSend = Rc<()>;
type NotSync = Cell<u8>;

// Handles go anywhere, whatever the children return.
assert_impl_all!(Scope<'static, JoinAll>: Send, Sync, Clone);
assert_impl_all!(Scope<'static, FailFast<io::Error>>: Send, Sync, Clone);
assert_impl_all!(Scope<'static, Settled<NotSync>>: Send, Sync, Clone);
assert_not_impl_any!(LocalScope<'static, JoinAll>: Send, Sync);
assert_not_impl_any!(LocalScope<'static, FailFast<io::Error>>: Send, Sync);
assert_impl_all!(LocalScope<'static, JoinAll>: Clone);

// A scope is as `Send` as its body and the value of its body; a local one never is.
assert_impl_all!(Run<'static, FailFast<io::Error>, Boxed, ()>: Send);
assert_impl_all!(Run<'static, FailFast<io::Error>, Boxed<NotSync>, NotSync>: Send);
assert_not_impl_any!(Run<'static, FailFast<io::Error>, BoxedHere, ()>: Send);
assert_not_impl_any!(Run<'static, FailFast<io::Error>, Boxed<NotSend>, NotSend>: Send);
assert_not_impl_any!(Run<'static, FailFast<io::Error>, Boxed, (), purview::Local>: Send, Sync);
assert_impl_all!(Driver<FailFast<io::Error>>: Send);

// What a struct keeps between two polls can be shared, so that `&self` of it can be held over an `.await`.
assert_impl_all!(Driver<FailFast<NotSync>>: Send, Sync, Unpin);
assert_impl_all!(ScopedStream<NotSync, NotSync>: Send, Sync, Unpin);
assert_impl_all!(Sleep: Send, Sync, Unpin);
assert_impl_all!(Timeout<AtOnce>: Send, Sync, Unpin);
assert_impl_all!(Completed<AtOnce>: Send, Sync, Unpin);
assert_impl_all!(Unblocked<NotSync>: Send, Sync, Unpin);
assert_impl_all!(Entered<NotSync>: Send, Sync, Unpin);

// What panicked in a poll can be dropped by what has caught that.
assert_impl_all!(Sleep: UnwindSafe, RefUnwindSafe);
assert_impl_all!(Timeout<Value>: UnwindSafe, RefUnwindSafe);
assert_impl_all!(Unblocked<NotSync>: UnwindSafe, RefUnwindSafe);
assert_impl_all!(Entered<NotSync>: UnwindSafe, RefUnwindSafe);
assert_impl_all!(Task<NotSync>: UnwindSafe, RefUnwindSafe);
assert_impl_all!(WithContext<Value>: UnwindSafe, RefUnwindSafe);
assert_impl_all!(UntilCancelled<Value>: UnwindSafe, RefUnwindSafe);
assert_not_impl_any!(Timeout<&'static mut u8>: UnwindSafe);

// A task is as `Send` as its value, and can be shared whenever the value can be sent.
assert_impl_all!(Task<u32>: Send, Sync, Unpin);
assert_impl_all!(Task<NotSync>: Send, Sync);
assert_not_impl_any!(Task<NotSend>: Send, Sync);
assert_not_impl_any!(Task<u32>: Clone);
assert_impl_all!(Permit<'static, JoinAll>: Send, Sync);
assert_not_impl_any!(Permit<'static, JoinAll>: Clone);
assert_impl_all!(Ready<NotSync>: Send, Sync);
assert_not_impl_any!(Ready<NotSend>: Send, Sync);
assert_impl_all!(Start<u32, io::Error>: Send);
assert_not_impl_any!(Start<NotSend, io::Error>: Send);

// Errors go through `?` into anything.
assert_impl_all!(Panic: Send, Sync, std::fmt::Debug, std::fmt::Display);
assert_impl_all!(ScopeError<io::Error>: Send, Sync, std::error::Error);
assert_impl_all!(TaskError<io::Error>: Send, Sync, std::error::Error);
assert_impl_all!(Failure<io::Error>: Send, Sync, std::error::Error);
assert_impl_all!(StartError<io::Error>: Send, Sync, std::error::Error);
assert_impl_all!(DeadlineExceeded: Send, Sync, std::error::Error, Copy);
assert_impl_all!(TooLate: Send, Sync, std::error::Error, Copy);
assert_impl_all!(Rejected<Boxed>: Send, std::error::Error);
assert_not_impl_any!(ScopeError<NotSend>: Send, Sync);
assert_not_impl_any!(ScopeError<NotSync>: Sync);
// An error type that is no `Error` itself still makes a scope error that can be printed for debugging.
assert_impl_all!(ScopeError<u8>: std::fmt::Debug, std::fmt::Display, Send, Sync);

assert_impl_all!(CancelToken: Send, Sync, Clone, Default, Unpin);
assert_impl_all!(CancelReason: Send, Sync, Clone, Eq);
assert_impl_all!(TaskInfo: Send, Sync, Clone);
assert_impl_all!(TaskId: Send, Sync, Copy, Ord, std::hash::Hash);
assert_impl_all!(Report: Send, Sync);
assert_impl_all!(Settlement<u32, io::Error>: Send, Sync);
assert_not_impl_any!(Settlement<NotSend, io::Error>: Send);

fn send<T: Send>(future: T) -> T {
    future
}

/// The future of every kind of scope that borrows is `Send`; asserted by compiling, on values that cannot be named.
#[test]
fn a_scope_that_borrows_is_send_when_its_children_are() {
    let numbers = vec![1, 2, 3];
    let plain = send(purview::scope(async |s| s.spawn(async { numbers.len() }).await));
    let fallible = send(purview::try_scope(async |s| {
        Ok::<_, Infallible>(s.spawn(async { Ok(numbers.len()) }).await)
    }));
    let settled =
        send(purview::settled::<Infallible>().run(async |s| Ok(s.spawn(async { Ok(numbers.len()) }).await.ok())));
    let wrapped = send(purview::timeout(
        std::time::Duration::MAX,
        purview::scope(async |s| s.spawn(async { numbers.as_slice() }).await),
    ));
    let (plain, fallible, settled, wrapped) =
        futures::executor::block_on(async { (plain.await, fallible.await, settled.await, wrapped.await) });
    assert_eq!((plain, fallible), (3, Ok(3)));
    assert_eq!(settled.expect("the body worked").value, Some(3));
    assert_eq!(wrapped, Ok(&numbers[..]));
}

/// A policy of the user's decides nothing about `Send` either: the scope's handle is `Sync` even if it is not.
#[test]
fn a_policy_need_not_be_sync() {
    fn sync<T: Sync>(_: &T) {}
    struct Counting(Cell<usize>);
    impl Policy for Counting {
        type Child<T> = T;
        type Joined<T> = T;
        type Output<R> = usize;
        fn child_ended<T>(&mut self, _: &TaskInfo, end: purview::End<T>) -> (Option<T>, std::ops::ControlFlow<()>) {
            self.0.set(self.0.get() + 1);
            let value = if let purview::End::Returned(value) = end {
                Some(value)
            } else {
                None
            };
            (value, std::ops::ControlFlow::Continue(()))
        }
        fn body_ended<R>(&mut self, end: purview::End<R>) -> (Option<R>, std::ops::ControlFlow<()>) {
            let value = if let purview::End::Returned(value) = end {
                Some(value)
            } else {
                None
            };
            (value, std::ops::ControlFlow::Continue(()))
        }
        fn finish<R>(self, _: Option<R>, _: Option<CancelReason>) -> usize {
            self.0.get()
        }
    }
    let counted = send(purview::with_policy(Counting(Cell::new(0))).run(async |s| {
        sync(&s);
        s.spawn(async {});
        s.spawn(async { 1 }).await
    }));
    assert_eq!(futures::executor::block_on(counted), 2);
}
