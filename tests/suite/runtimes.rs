use std::{
    convert::Infallible,
    panic::resume_unwind,
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};

use purview::{Embedded, Runtime};
use purview_async_std::AsyncStd;
use purview_smol::Smol;
use purview_tokio::Tokio;

/// The adapter of the executor that a promise is being tested on.
pub type AnyRuntime = Arc<dyn Runtime>;

/// A promise that has not come true by then is taken to hang. No test's outcome depends on it otherwise.
///
/// `PURVIEW_HANG` gives it in seconds, for runs that are long on purpose.
fn hang() -> Duration {
    let seconds = std::env::var("PURVIEW_HANG").map_or(3 * 60, |seconds| {
        seconds.parse().expect("`PURVIEW_HANG` is a number of seconds")
    });
    Duration::from_secs(seconds)
}

/// Tests each named promise, an `async fn()` whose future is `Send`, inside each runtime.
///
/// `on_every_runtime!(a_promise)` makes the tests `a_promise::embedded`, `::tokio_current_thread`,
/// `::tokio_multi_thread`, `::smol` and `::async_std`.
#[macro_export]
macro_rules! on_every_runtime {
    ($($promise:ident),+ $(,)?) => {
        $($crate::tests_of!($promise, tokio_multi_thread, |_| super::$promise());)+
    };
}

/// As [`on_every_runtime!`], for an `async fn()` whose future is not `Send`.
#[macro_export]
macro_rules! local_on_every_runtime {
    ($($promise:ident),+ $(,)?) => {
        $($crate::tests_of!($promise, tokio_multi_thread_local, |_| super::$promise());)+
    };
}

/// As [`on_every_runtime!`], for a plain `fn()` that polls by hand in the context of the runtime.
#[macro_export]
macro_rules! polled_on_every_runtime {
    ($($promise:ident),+ $(,)?) => {
        $($crate::tests_of!($promise, tokio_multi_thread, |_| async { super::$promise() });)+
    };
}

/// As [`on_every_runtime!`], for an `async fn(AnyRuntime)` that hands the runtime's own adapter to its scopes.
#[macro_export]
macro_rules! served_by_every_runtime {
    ($($promise:ident),+ $(,)?) => {
        $($crate::tests_of!($promise, tokio_multi_thread, |runtime| super::$promise(runtime));)+
    };
}

/// As [`on_every_runtime!`], and in virtual time: `::virtual_time`.
#[macro_export]
macro_rules! on_every_runtime_and_in_virtual_time {
    ($($promise:ident),+ $(,)?) => {
        $($crate::tests_of!($promise, tokio_multi_thread, |_| super::$promise(), virtual_time);)+
    };
}

/// As [`polled_on_every_runtime!`], and in virtual time: `::virtual_time`.
#[macro_export]
macro_rules! polled_on_every_runtime_and_in_virtual_time {
    ($($promise:ident),+ $(,)?) => {
        $($crate::tests_of!($promise, tokio_multi_thread, |_| async { super::$promise() }, virtual_time);)+
    };
}

/// As [`on_every_runtime!`], for a promise that only makes sense under tokio.
#[macro_export]
macro_rules! on_tokio {
    ($($promise:ident),+ $(,)?) => {
        $(mod $promise {
            #[test]
            fn tokio_current_thread() {
                $crate::tokio_current_thread(|_| super::$promise());
            }
            #[test]
            fn tokio_multi_thread() {
                $crate::tokio_multi_thread(|_| super::$promise());
            }
        })+
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! tests_of {
    ($promise:ident, $multi_thread:ident, $start:expr $(, $further:ident)*) => {
        mod $promise {
            #[test]
            fn embedded() {
                $crate::embedded($start);
            }
            #[test]
            fn tokio_current_thread() {
                $crate::tokio_current_thread($start);
            }
            #[test]
            fn tokio_multi_thread() {
                $crate::$multi_thread($start);
            }
            #[test]
            fn smol() {
                $crate::smol($start);
            }
            #[test]
            fn async_std() {
                $crate::async_std($start);
            }
            $(#[test]
            fn $further() {
                $crate::$further($start);
            })*
        }
    };
}

/// Runs a promise with no executor around it.
pub fn embedded<Fut: Future<Output = ()>>(promise: impl FnOnce(AnyRuntime) -> Fut + Send + 'static) {
    watched(|| futures::executor::block_on(promise(Arc::new(Embedded))));
}

/// Runs a promise in the main task of a single-threaded tokio runtime.
pub fn tokio_current_thread<Fut: Future<Output = ()>>(promise: impl FnOnce(AnyRuntime) -> Fut + Send + 'static) {
    watched(|| {
        let executor = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a tokio runtime");
        executor.block_on(async { promise(Arc::new(Tokio::current())).await });
    });
}

/// Runs a promise in the main task of a single-threaded tokio runtime whose clock tokio moves when all is idle.
pub fn tokio_paused<Fut: Future<Output = ()>>(promise: impl FnOnce(AnyRuntime) -> Fut + Send + 'static) {
    watched(|| {
        let executor = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build();
        executor
            .expect("a tokio runtime")
            .block_on(async { promise(Arc::new(Tokio::current())).await });
    });
}

/// Runs a promise in a tokio runtime that keeps no time.
pub fn tokio_without_time<Fut: Future<Output = ()>>(promise: impl FnOnce(AnyRuntime) -> Fut + Send + 'static) {
    watched(|| {
        let executor = tokio::runtime::Builder::new_current_thread()
            .build()
            .expect("a tokio runtime");
        executor.block_on(async { promise(Arc::new(Tokio::current())).await });
    });
}

/// Runs a promise in a task on the workers of a multi-threaded tokio runtime.
pub fn tokio_multi_thread<Fut: Future<Output = ()> + Send + 'static>(
    promise: impl FnOnce(AnyRuntime) -> Fut + Send + 'static,
) {
    watched(|| {
        two_workers().block_on(async {
            let task = tokio::spawn(promise(Arc::new(Tokio::current())));
            if let Err(error) = task.await {
                resume_unwind(error.into_panic());
            }
        });
    });
}

/// Runs a promise that must stay on its thread, in the main task of a multi-threaded tokio runtime.
pub fn tokio_multi_thread_local<Fut: Future<Output = ()>>(promise: impl FnOnce(AnyRuntime) -> Fut + Send + 'static) {
    watched(|| two_workers().block_on(async { promise(Arc::new(Tokio::current())).await }));
}

/// Runs a promise in `smol::block_on`.
pub fn smol<Fut: Future<Output = ()>>(promise: impl FnOnce(AnyRuntime) -> Fut + Send + 'static) {
    watched(|| smol::block_on(promise(Arc::new(Smol))));
}

/// Runs a promise in `async_std::task::block_on`.
pub fn async_std<Fut: Future<Output = ()>>(promise: impl FnOnce(AnyRuntime) -> Fut + Send + 'static) {
    watched(|| async_std::task::block_on(promise(Arc::new(AsyncStd))));
}

/// Runs a promise on the virtual runtime, outside of any scope.
pub fn virtual_time<Fut: Future<Output = ()>>(promise: impl FnOnce(AnyRuntime) -> Fut + Send + 'static) {
    watched(|| {
        let runtime = purview_test::VirtualRuntime::new();
        runtime.block_on(promise(Arc::new(runtime.clone())));
    });
}

fn two_workers() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a tokio runtime")
}

/// Runs a test on a thread of its own, so that one that hangs fails instead of stopping all the others.
pub fn watched(test: impl FnOnce() + Send + 'static) {
    let (running, ended) = mpsc::channel::<Infallible>();
    let name = thread::current().name().unwrap_or("a test").to_owned();
    let thread = thread::Builder::new().name(name).spawn(move || {
        let _running = running;
        test();
    });
    let thread = thread.expect("a thread");
    assert_ne!(
        ended.recv_timeout(hang()),
        Err(mpsc::RecvTimeoutError::Timeout),
        "the test hangs"
    );
    if let Err(payload) = thread.join() {
        resume_unwind(payload);
    }
}
