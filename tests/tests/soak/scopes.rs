//! Scopes by the million, ended in every way there is.

use std::{future::pending, time::Duration};

use futures::{
    FutureExt,
    future::{Either, select},
};
use purview::{Builder, FailFast, Scope, fail_fast};
use purview_tests::{AnyRuntime, yields};

/// Opens and ends so many, one after the other.
pub(crate) async fn opened_and_ended(runtime: AnyRuntime, count: usize) {
    for i in 0..count {
        let scope = fail_fast::<usize>().runtime(runtime.clone());
        match i % 8 {
            0 => returned(scope).await,
            1 => failed(scope).await,
            2 => in_time(scope.timeout(Duration::from_secs(3600))).await,
            3 => nested(scope).await,
            4 => cancelled(scope).await,
            5 => dropped(scope).await,
            6 => parallel(scope).await,
            _ => cleaned_up(scope).await,
        }
    }
}

type Options = Builder<FailFast<usize>>;

async fn number(n: usize) -> Result<usize, usize> {
    yields(n % 2).await;
    Ok(n)
}

async fn returned(scope: Options) {
    let sum = scope.name("sum").run(async |s| {
        let (a, b) = (s.spawn(number(1)), s.task().name("b").spawn(number(2)));
        Ok(a.await + b.await)
    });
    assert_eq!(sum.await.ok(), Some(3));
}

async fn failed(scope: Options) {
    let out = scope.run(async |s| {
        s.spawn(pending::<Result<(), _>>());
        s.spawn(yields(1).map(|()| Err::<(), _>(7))).await;
        Ok(())
    });
    assert_eq!(out.await.unwrap_err().into_failure(), Some(7));
}

async fn in_time(scope: Options) {
    let out = scope.run(async |s| Ok(s.spawn(number(1)).await));
    assert_eq!(out.await.ok(), Some(1));
}

async fn nested(scope: Options) {
    let out = scope.run(async |s| {
        let inner = s.spawn(async { Ok(purview::scope(async |s| s.spawn(number(5)).await).await) });
        inner.await.map_or_else(Err, Ok)
    });
    assert_eq!(out.await.ok(), Some(5));
}

async fn cancelled(scope: Options) {
    let out = scope.run(async |s| {
        s.spawn(pending::<Result<(), _>>());
        yields(1).await;
        s.cancel();
        pending::<Result<(), _>>().await
    });
    assert!(out.await.is_err_and(|error| error.is_cancelled()));
}

async fn dropped(scope: Options) {
    let run = scope.run(async |s: Scope<'_, FailFast<usize>>| {
        s.spawn(pending::<Result<(), _>>());
        s.spawn_parallel(pending::<Result<(), _>>());
        pending::<Result<(), _>>().await
    });
    assert!(matches!(select(Box::pin(run), yields(2)).await, Either::Right(_)));
}

async fn parallel(scope: Options) {
    let out = scope.run(async |s| {
        let (a, b) = (s.spawn_parallel(number(1)), s.spawn_parallel(number(2)));
        Ok(a.await + b.await)
    });
    assert_eq!(out.await.ok(), Some(3));
}

async fn cleaned_up(scope: Options) {
    let out = scope.run(async |s| {
        s.defer(yields(1));
        s.spawn(purview::shield(number(3)));
        yields(1).await;
        s.token().cancel();
        Ok("its last word")
    });
    assert_eq!(out.await.ok(), Some("its last word"));
}
