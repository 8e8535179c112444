//! The token of a scope does not fire for a task that is cancelled alone: who waits for nothing else cannot react, and
//! waited, with its scope, for ever.

use purview::{checkpoint, scope, settled};
use purview_tests::by_hand;

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
