//! `run_until_cancelled` went on holding its task when it had given its value and was not dropped yet.

use std::{
    future::{pending, poll_fn},
    pin::pin,
    task::Poll,
};

use purview::{cancelled, checkpoint, fail_fast};
use purview_tests::by_hand;

#[test]
fn until_cancelled() {
    let mut run = by_hand(fail_fast::<()>().run(async |s| {
        let token = s.token();
        s.spawn(async move {
            let mut until = pin!(token.run_until_cancelled(async {}));
            assert_eq!(until.as_mut().await, Some(()));
            pending::<Result<(), _>>().await
        });
        checkpoint().await;
        s.cancel();
        Ok(())
    }));
    run.finish().expect("the body returned");
}

/// The counterpart: one that has not been told yet does hold.
#[test]
fn cancelled_holds_until_it_is_polled() {
    let mut run = by_hand(fail_fast::<()>().run(async |s| {
        s.spawn(async {
            let mut told = pin!(cancelled());
            assert!(poll_fn(|cx| Poll::Ready(told.as_mut().poll(cx).is_pending())).await);
            pending::<Result<(), _>>().await
        });
        checkpoint().await;
        s.cancel();
        Ok(())
    }));
    assert!(run.poll_until_idle().is_pending());
}
