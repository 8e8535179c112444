//! With the feature `deep-nesting` scopes nest deeper than the stack of their thread.
#![forbid(unsafe_code)]

use std::{
    future::pending,
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use futures::{FutureExt, future::BoxFuture};
use purview::{CancelToken, current, fail_fast, gather, scope, shield, timeout};
use purview_tests::{Log, by_hand};

const STACK: usize = 256 * 1024;
const SCOPES: usize = 1_000;

/// Each level is a scope, a timeout or a gather; the last one waits for what is given.
fn nested(levels: usize, innermost: BoxFuture<'static, ()>) -> BoxFuture<'static, ()> {
    Box::pin(async move {
        match levels % 3 {
            _ if levels == 0 => innermost.await,
            0 => {
                let _ = timeout(Duration::from_secs(3600), nested(levels - 1, innermost)).await;
            }
            1 => {
                let inner = nested(levels - 1, innermost).map(Ok::<_, ()>);
                drop(gather([inner]).settled().await);
            }
            _ => scope(async |s| s.spawn(nested(levels - 1, innermost)).await).await,
        }
    })
}

fn on_a_small_stack(test: impl FnOnce() + Send + 'static) {
    let worker = thread::Builder::new().stack_size(STACK).spawn(test).expect("a thread");
    worker.join().expect("it holds");
}

#[test]
fn a_thousand_scopes_are_polled_cancelled_and_cleaned_up() {
    on_a_small_stack(|| {
        let (token, log) = (CancelToken::new(), Log::new());
        let inner = log.clone();
        let innermost = Box::pin(scope(async |s| {
            s.defer(async move { inner.note("tidied up") });
            pending::<()>().await;
        }));
        let mut run = by_hand(fail_fast::<()>().cancel_on(&token).run(async |_| {
            nested(SCOPES, innermost).await;
            Ok(())
        }));
        assert!(run.poll_until_idle().is_pending());
        token.cancel();
        drop(run.finish());
        assert_eq!(log.entries(), ["tidied up"]);
    });
}

#[test]
fn a_thousand_scopes_are_dropped() {
    on_a_small_stack(|| {
        let alive = Arc::new(());
        let kept = alive.clone();
        let mut run = by_hand(scope(async |_| {
            nested(
                SCOPES,
                Box::pin(shield(async move {
                    pending::<()>().await;
                    drop(kept);
                })),
            )
            .await;
        }));
        assert!(run.poll_until_idle().is_pending());
        drop(run);
        assert_eq!(Arc::strong_count(&alive), 1);
    });
}

#[test]
fn a_handle_of_the_innermost_outlives_a_thousand_scopes() {
    on_a_small_stack(|| {
        let kept = Arc::new(Mutex::new(None));
        let slot = kept.clone();
        let innermost = Box::pin(async move {
            let (service, driver) = fail_fast::<()>().open();
            let task = service.spawn(async { Ok(current().expect("a task").name().len()) });
            service.close();
            *slot.lock().expect("not poisoned") = Some(service);
            driver.await.expect("no child fails");
            assert!(task.await > 0);
        });
        by_hand(scope(async |_| nested(SCOPES, innermost).await)).finish();
        drop(kept.lock().expect("not poisoned").take().expect("it was put there"));
    });
}
