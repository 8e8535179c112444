//! What a stream belongs to, and what may stop it, at each of its polls.

use std::{future::pending, io};

use futures::StreamExt;
use purview::{CancelReason, CancelToken, Stopped, checkpoint, fail_fast, scope};
use purview_tests::on_every_runtime;

fn numbers(upto: u32) -> impl futures::Stream<Item = io::Result<u32>> + Send + 'static {
    purview::stream(1, async move |s, tx| {
        for n in 0..upto {
            let n = s
                .spawn(async move {
                    checkpoint().await;
                    Ok(n)
                })
                .await;
            tx.send(n).await.map_err(io::Error::other)?;
        }
        Ok(())
    })
}

async fn it_may_be_polled_by_another_task_each_time() {
    let mut all = Box::pin(numbers(6));
    for n in 0..6 {
        let next = scope(async |s| s.spawn(all.next()).await).await;
        assert_eq!(next.unwrap().unwrap(), n);
    }
    assert!(all.next().await.is_none());
}

async fn a_token_that_comes_after_the_body_has_returned_is_no_clean_end_either() {
    let token = CancelToken::new();
    let mut stream = fail_fast().cancel_on(&token).stream(1, async |s, tx| {
        s.spawn(pending::<Result<(), Stopped>>());
        tx.send(1).await.map_err(|_| unreachable!())
    });
    assert_eq!(stream.next().await, Some(Ok(1)));
    token.cancel();
    assert_eq!(
        stream.next().await.unwrap().unwrap_err().reason,
        CancelReason::Requested(None)
    );
    assert_eq!(stream.next().await, None);
}

on_every_runtime!(
    it_may_be_polled_by_another_task_each_time,
    a_token_that_comes_after_the_body_has_returned_is_no_clean_end_either,
);
