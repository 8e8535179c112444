//! What becomes of a scope that was cancelled by what was around it, or had its values from there, and is polled elsewhere.

use std::{
    future::pending,
    sync::{Arc, Mutex},
};

use futures::future::{Either, select};
use purview::{CancelToken, ScopeError, context_key, fail_fast, scope, shield, try_scope};
use purview_tests::{Caught, Gate, by_hand, caught, poll_once, polled_on_every_runtime_and_in_virtual_time};

context_key! { static REQUEST: u32; }

/// Polls `inner` in a child that is cancelled meanwhile, and gives it back when that is over.
fn cancelled_by_its_parent<F: Future<Output: Send> + Send + 'static>(inner: F) -> Caught<F> {
    let (token, gate, slot) = (CancelToken::new(), Gate::new(), Arc::new(Mutex::new(None)));
    let (wait, put) = (gate.wait(), slot.clone());
    let mut run = by_hand(fail_fast::<()>().cancel_on(&token).run(async |s| {
        s.spawn(async move {
            match select(caught(inner), Box::pin(shield(wait))).await {
                Either::Left(_) => panic!("it has no value for that"),
                Either::Right(((), inner)) => *put.lock().unwrap() = Some(inner),
            }
            Ok(())
        });
        pending::<Result<(), _>>().await
    }));
    assert!(run.poll_until_idle().is_pending());
    token.cancel();
    assert!(run.poll_until_idle().is_pending(), "the shield holds");
    gate.open();
    assert!(run.finish().is_err());
    let inner = slot.lock().unwrap().take();
    inner.expect("it was put there")
}

/// It stays pending while what cancelled it is around it; elsewhere nothing would ever drop it.
fn a_scope_without_a_value_for_it_panics_elsewhere_and_names_fail_fast() {
    let plain = cancelled_by_its_parent(scope(async |_| pending::<()>().await));
    let message = by_hand(plain).finish().expect_err("there is no value for it");
    assert!(message.contains("fail_fast()"), "{message}");
    let fallible = cancelled_by_its_parent(try_scope(async |_| pending::<Result<(), ()>>().await));
    let message = by_hand(fallible).finish().expect_err("there is no value for it");
    assert!(message.contains("fail_fast()"), "{message}");
}

fn a_scope_that_is_cancelled_where_it_is_keeps_its_reason_elsewhere() {
    let (gate, token, slot) = (Gate::new(), CancelToken::new(), Mutex::new(None));
    let mut run = by_hand(fail_fast::<()>().cancel_on(&token).run(async |_| {
        let mut inner = Box::pin(fail_fast::<()>().run(async |s| {
            s.defer(gate.wait());
            pending::<Result<(), _>>().await
        }));
        // It is polled until it is told, and then it waits for its finalizer.
        assert!(poll_once(inner.as_mut()).await.is_pending());
        token.cancel();
        assert!(poll_once(inner.as_mut()).await.is_pending());
        *slot.lock().unwrap() = Some(inner);
        Ok(())
    }));
    assert!(run.poll_until_idle().is_ready(), "its body has returned");
    let mut inner = by_hand(slot.lock().unwrap().take().expect("it was put there"));
    assert!(inner.poll_until_idle().is_pending());
    gate.open();
    let reason = inner.finish().map_err(|error: ScopeError<()>| error.reason().clone());
    assert_eq!(reason, Err(purview::CancelReason::Parent));
}

fn context_values_stay_those_of_the_first_poll() {
    let gate = Gate::new();
    let mut work = Box::pin(scope(async |s| {
        let before = REQUEST.get();
        gate.wait().await;
        (before, REQUEST.get(), s.spawn(async { REQUEST.get() }).await)
    }));
    let first = scope(async |_| REQUEST.scope(1, poll_once(work.as_mut())).await.is_pending());
    assert!(by_hand(first).finish());
    gate.open();
    let then = scope(async |_| REQUEST.scope(2, work).await);
    assert_eq!(by_hand(then).finish(), (Some(1), Some(1), Some(1)));
}

polled_on_every_runtime_and_in_virtual_time!(
    a_scope_without_a_value_for_it_panics_elsewhere_and_names_fail_fast,
    a_scope_that_is_cancelled_where_it_is_keeps_its_reason_elsewhere,
    context_values_stay_those_of_the_first_poll,
);
