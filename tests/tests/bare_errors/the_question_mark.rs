//! `?` on a gather and on a scope, in a function whose error type is anyhow's, eyre's, a box, `io::Error`, a `String` or an
//! enum of its own, with children that return the same.

use std::{error::Error, fmt::Debug, io, time::Duration};

use purview::{
    CancelReason, CancelToken, Stopped, TaskError, fail_fast, gather, gather_stream, retry, settled, timeout,
    try_gather,
};
use purview_tests::{local_on_every_runtime, on_every_runtime};

type Boxed = Box<dyn Error + Send + Sync>;

#[derive(Debug, thiserror::Error)]
enum AppError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("stopped: {0}")]
    Stopped(#[from] Stopped),
}

async fn page(n: u32) -> io::Result<u32> {
    if n == 13 {
        Err(io::Error::other("unlucky"))
    } else {
        Ok(n)
    }
}

/// All the doors, with children that fail with `$error`; the child number 13 fails, and a timeout of zero stops it.
macro_rules! all_doors {
    ($error:ty) => {{
        async fn child(n: u32) -> Result<u32, $error> {
            Ok(page(n).await?)
        }
        async fn gathered(ns: [u32; 2], timeout: Duration) -> Result<u32, $error> {
            Ok(try_gather(ns.map(child)).timeout(timeout).await?.into_iter().sum())
        }
        async fn pulled(ns: [u32; 2], timeout: Duration) -> Result<u32, $error> {
            let children = futures::stream::iter(ns.map(child));
            Ok(gather_stream(children)
                .limit(1)
                .timeout(timeout)
                .try_all()
                .await?
                .into_iter()
                .sum())
        }
        async fn mixed([a, b]: [u32; 2], timeout: Duration) -> Result<u32, $error> {
            let (a, b) = purview::try_gather!(child(a), child(b)).timeout(timeout).await?;
            Ok(a + b)
        }
        async fn scoped([a, b]: [u32; 2], timeout: Duration) -> Result<u32, $error> {
            let sum = fail_fast().timeout(timeout).try_run(async |s| {
                let (a, b) = (s.spawn(child(a)), s.spawn(child(b)));
                Ok(a.await + b.await)
            });
            Ok(sum.await?)
        }
        async fn in_turn(ns: [u32; 2], timeout: Duration) -> Result<u32, $error> {
            let sum = std::sync::Mutex::new(0);
            gather(ns.map(child))
                .timeout(timeout)
                .try_for_each(async |_, n| {
                    *sum.lock().unwrap() += n.map_err(TaskError::into_error)?;
                    Ok::<_, $error>(())
                })
                .await?;
            Ok(sum.into_inner().unwrap())
        }
        for (ns, timeout, text) in [
            ([1, 2], Duration::MAX, None),
            ([1, 13], Duration::MAX, Some("unlucky")),
            ([1, 2], Duration::ZERO, Some("deadline exceeded")),
        ] {
            let outcomes = [
                gathered(ns, timeout).await,
                pulled(ns, timeout).await,
                mixed(ns, timeout).await,
                scoped(ns, timeout).await,
                in_turn(ns, timeout).await,
            ];
            for outcome in outcomes {
                match (outcome, text) {
                    (Ok(sum), None) => assert_eq!(sum, 3),
                    (Err(error), Some(text)) => assert!(format!("{error}").ends_with(text), "{error}"),
                    (outcome, _) => panic!("{outcome:?} instead of {text:?}"),
                }
            }
        }
    }};
}

async fn under_anyhow() {
    all_doors!(anyhow::Error);
}

async fn under_eyre() {
    all_doors!(eyre::Report);
}

async fn under_a_box() {
    all_doors!(Boxed);
}

async fn under_an_io_error() {
    all_doors!(io::Error);
}

async fn under_an_enum() {
    all_doors!(AppError);
}

async fn a_local_scope() {
    async fn sum(ns: [u32; 2], timeout: Duration) -> anyhow::Result<u32> {
        let sum = fail_fast().timeout(timeout).try_run_local(async |s| {
            let tasks = ns.map(|n| s.spawn(async move { Ok(*std::rc::Rc::new(page(n).await?)) }));
            let mut sum = 0;
            for task in tasks {
                sum += task.await;
            }
            anyhow::Ok(sum)
        });
        Ok(sum.await?)
    }
    assert_eq!(sum([1, 2], Duration::MAX).await.unwrap(), 3);
    assert_eq!(sum([1, 13], Duration::MAX).await.unwrap_err().to_string(), "unlucky");
    assert!(sum([1, 2], Duration::ZERO).await.unwrap_err().is::<Stopped>());
}

async fn a_deadline_is_a_timed_out_io_error_and_a_request_is_another() {
    let late = try_gather([page(1)]).timeout(Duration::ZERO).await.unwrap_err();
    assert_eq!(late.kind(), io::ErrorKind::TimedOut);
    let token = CancelToken::new();
    token.cancel_with("maintenance");
    let stopped = try_gather([page(1)]).cancel_on(token).await.unwrap_err();
    assert_eq!(
        (stopped.kind(), stopped.to_string().as_str()),
        (io::ErrorKind::Other, "cancelled on request: maintenance")
    );
    let inside = stopped.into_inner().unwrap().downcast::<Stopped>().unwrap();
    assert!(!inside.is_deadline_exceeded());
}

async fn a_deadline_is_a_text_where_errors_are_texts() {
    let late = try_gather([async { Ok::<u8, String>(1) }])
        .timeout(Duration::ZERO)
        .await;
    assert_eq!(late, Err("deadline exceeded".to_owned()));
}

async fn the_error_of_the_last_attempt_comes_out_of_a_retry() {
    async fn attempts() -> anyhow::Result<u32> {
        let delays = [Duration::ZERO; 2];
        Ok(retry(delays, async || page(13).await)
            .await
            .map_err(purview::RetryError::into_error)?)
    }
    let error = attempts().await.unwrap_err();
    assert!(error.is::<io::Error>(), "{error:?}");
}

async fn a_timeout_is_a_timed_out_io_error() {
    async fn reads() -> io::Result<u32> {
        timeout(Duration::ZERO, page(1)).await?
    }
    let error = reads().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.to_string()),
        (io::ErrorKind::TimedOut, "deadline exceeded".to_owned())
    );
}

async fn the_reason_why_a_guest_did_not_begin_is_an_error() {
    async fn enters() -> anyhow::Result<u32> {
        let (s, driver) = settled::<io::Error>().open();
        drop(driver);
        Ok(s.enter(page(1)).await??)
    }
    let error = enters().await.unwrap_err();
    assert!(error.is::<CancelReason>(), "{error:?}");
}

fn is_send<T: Send>(value: T) -> T {
    value
}

async fn what_they_return_is_send() {
    let all = is_send(timeout(
        Duration::MAX,
        fail_fast().try_run(async |s| Ok::<_, String>(s.spawn(async { Ok(1) }).await)),
    ));
    assert_eq!(all.await.unwrap(), Ok(1));
    assert_eq!(
        is_send(purview::try_gather!(async { Ok::<_, String>(1) })).await,
        Ok((1,))
    );
}

on_every_runtime!(
    under_anyhow,
    under_eyre,
    under_a_box,
    under_an_io_error,
    under_an_enum,
    a_deadline_is_a_timed_out_io_error_and_a_request_is_another,
    a_deadline_is_a_text_where_errors_are_texts,
    the_error_of_the_last_attempt_comes_out_of_a_retry,
    a_timeout_is_a_timed_out_io_error,
    the_reason_why_a_guest_did_not_begin_is_an_error,
    what_they_return_is_send,
);
local_on_every_runtime!(a_local_scope);
