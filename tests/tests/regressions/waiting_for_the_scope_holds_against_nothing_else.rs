//! The token of a scope does not fire for a task that is cancelled alone: one that waits for nothing else cannot react, and
//! waited, with its scope, for ever.

use std::pin::pin;

use purview::{checkpoint, scope, settled, shield};
use purview_tests::{Gate, Log, by_hand, poll_once, yields};

#[test]
fn a_daemon_that_waits_for_its_scopes_token_goes_with_the_last_child() {
    let mut run = by_hand(scope(async |s| {
        let token = s.token();
        s.task().daemon().spawn(async move {
            token.cancelled().await;
        });
        checkpoint().await;
        "over"
    }));
    assert_eq!(run.finish(), "over");
}

#[test]
fn a_child_that_waits_for_its_scopes_token_can_be_cancelled_alone() {
    let mut run = by_hand(settled::<()>().run(async |s| {
        let token = s.token();
        let task = s.spawn(async move {
            token.cancelled().await;
            Ok(())
        });
        checkpoint().await;
        task.cancel();
        Ok(task.await.is_err())
    }));
    assert!(run.finish().expect("the body returned").value);
}

#[test]
fn a_wait_that_was_given_up_takes_nothing_from_a_shield() {
    let (gate, log) = (Gate::new(), Log::new());
    let mut run = by_hand(settled::<()>().run(async |s| {
        let (token, gate, log) = (s.token(), &gate, &log);
        let task = s.spawn(async move {
            {
                let mut told = pin!(token.cancelled());
                assert!(poll_once(told.as_mut()).await.is_pending());
            }
            shield(gate.wait()).await;
            log.note("cleaned up");
            Ok(())
        });
        yields(2).await;
        task.cancel();
        yields(5).await;
        gate.open();
        drop(task.await);
        Ok(())
    }));
    assert!(run.finish().is_ok());
    assert_eq!(log.entries(), ["cleaned up"]);
}
