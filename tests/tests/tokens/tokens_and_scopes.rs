//! A scope listens to tokens, and has one.

use std::future::pending;

use purview::{CancelReason, CancelToken, cancelled, fail_fast, settled};
use purview_tests::{
    AnyRuntime, Log, by_hand, on_every_runtime, polled_on_every_runtime, served_by_every_runtime, yield_now,
};

fn requested(text: &'static str) -> CancelReason {
    CancelReason::Requested(Some(text.into()))
}

fn a_scope_listens_to_several_tokens_and_the_first_to_fire_gives_the_reason() {
    let (first, second) = (CancelToken::new(), CancelToken::new());
    let scope = fail_fast::<()>().cancel_on(&first).cancel_on(second.clone());
    let mut run = by_hand(scope.run(async |_| pending::<Result<(), _>>().await));
    assert!(run.poll_until_idle().is_pending());
    second.cancel_with("second");
    first.cancel_with("first");
    assert_eq!(
        run.finish().expect_err("it was cancelled").reason(),
        &requested("second")
    );
}

fn a_scope_that_ends_leaves_no_wait_registered() {
    let token = CancelToken::new();
    let mut run = by_hand(fail_fast::<()>().cancel_on(&token).run(async |_| {
        yield_now().await;
        Ok(())
    }));
    assert!(run.finish().is_ok());
    let wakes = run.wakes();
    token.cancel();
    assert_eq!(run.wakes(), wakes);
}

fn a_child_token_of_the_scope_fires_with_it() {
    let mut run = by_hand(settled::<()>().run(async |s| {
        let child = s.token().child();
        child.clone().cancel();
        assert!(!s.is_cancelled(), "it cancels nothing above it");
        let other = s.token().child();
        s.cancel_with("enough");
        Ok(other.reason())
    }));
    assert_eq!(
        run.finish().expect("the body had its value").value,
        Some(requested("enough"))
    );
}

async fn a_nested_scope_is_told_that_its_parent_was_cancelled() {
    let log = Log::new();
    let outer = fail_fast::<()>().run(async |s| {
        s.spawn(async {
            let nested = fail_fast::<()>().run(async |s| {
                s.spawn(async {
                    log.note(format!("told {:?}", cancelled().await));
                    Ok(())
                });
                pending::<Result<(), ()>>().await
            });
            log.note(format!("ended with {:?}", nested.await.map_err(|e| e.reason().clone())));
            Ok(())
        });
        yield_now().await;
        yield_now().await;
        s.cancel_with("enough");
        pending::<Result<(), ()>>().await
    });
    assert_eq!(
        outer.await.expect_err("it was cancelled").reason(),
        &requested("enough")
    );
    assert_eq!(log.entries(), ["told Parent", "ended with Err(Parent)"]);
}

async fn a_scope_that_is_cancelled_leaves_its_parent_alone() {
    let outer = fail_fast::<()>().run(async |outer| {
        let inner = fail_fast::<()>().run(async |inner| {
            inner.cancel();
            pending::<Result<(), ()>>().await
        });
        assert!(inner.await.expect_err("it was cancelled").is_cancelled());
        assert!(!outer.is_cancelled() && !outer.token().is_cancelled());
        Ok(outer.spawn(async { Ok(7) }).await)
    });
    assert_eq!(outer.await.ok(), Some(7));
}

/// What waits for it, or for one made of it, need not wait for the scope.
async fn the_token_of_a_closure_says_that_the_closure_has_ended(runtime: AnyRuntime) {
    let run = settled::<()>().runtime(runtime).run(async |s| {
        let [token, child] = s
            .spawn_blocking(|token| Ok([token.child(), token]))
            .await
            .map_err(drop)?;
        for token in [token, child] {
            assert_eq!(by_hand(token.cancelled()).finish(), CancelReason::Ended);
        }
        assert!(!s.is_cancelled());
        Ok(())
    });
    assert!(run.await.is_ok());
}

served_by_every_runtime!(the_token_of_a_closure_says_that_the_closure_has_ended);
on_every_runtime!(
    a_nested_scope_is_told_that_its_parent_was_cancelled,
    a_scope_that_is_cancelled_leaves_its_parent_alone,
);
polled_on_every_runtime!(
    a_scope_listens_to_several_tokens_and_the_first_to_fire_gives_the_reason,
    a_scope_that_ends_leaves_no_wait_registered,
    a_child_token_of_the_scope_fires_with_it,
);
