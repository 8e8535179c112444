//! A future that cancels the gather it is in ends it in the same poll, also as the last that is under way.

use std::{
    future::{pending, ready},
    task::Poll,
};

use futures::FutureExt;
use purview::{CancelReason, CancelToken, gather};
use purview_tests::{by_hand, polled_on_every_runtime};

fn while_others_are_under_way() {
    let token = CancelToken::new();
    let cancels = async {
        token.cancel_with("enough");
        pending::<Result<(), ()>>().await
    };
    let mut all = by_hand(gather([cancels.left_future(), pending().right_future()]).cancel_on(&token));
    let stopped = all
        .poll()
        .map(|out| out.expect_err("it was cancelled").reason().clone());
    assert_eq!(stopped, Poll::Ready(CancelReason::Requested(Some("enough".into()))));
}

fn as_the_last() {
    let token = CancelToken::new();
    let cancels = || async {
        token.cancel_with("enough");
        Ok::<_, ()>(7)
    };
    let mut all = by_hand(gather([ready(Ok(8)).left_future(), cancels().right_future()]).cancel_on(&token));
    let stopped = all
        .poll()
        .map(|out| out.expect_err("it was cancelled").reason().clone());
    assert_eq!(stopped, Poll::Ready(CancelReason::Requested(Some("enough".into()))));
}

polled_on_every_runtime!(while_others_are_under_way, as_the_last);
