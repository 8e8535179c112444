//! `into_error` agrees with `reason()`.

use std::{future::pending, time::Duration};

use purview::{
    CancelReason, CancelToken, ScopeError, Stopped, cancelled, checkpoint, fail_fast, gather, settled, shield,
    try_gather,
};
use purview_tests::{TestClock, caught, on_every_runtime};

/// An error that tells where it is from.
#[derive(Debug, PartialEq)]
enum Told {
    Returned(u32),
    Stopped(CancelReason),
}

impl From<Stopped> for Told {
    fn from(stopped: Stopped) -> Self {
        Self::Stopped(stopped.reason)
    }
}

const SECOND: Duration = Duration::from_secs(1);

async fn the_first_failure_of_several() {
    let out = fail_fast::<Told>()
        .try_run(async |s| {
            s.spawn(async {
                cancelled().await;
                Err::<(), _>(Told::Returned(2))
            });
            checkpoint().await;
            Err::<(), _>(Told::Returned(1))
        })
        .await;
    assert_eq!(out, Err(Told::Returned(1)));
}

async fn a_deadline_though_something_failed_while_it_cleaned_up() {
    let clock = TestClock::new();
    let error = fail_fast::<Told>()
        .runtime(clock.clone())
        .timeout(SECOND)
        .run(async |_| {
            clock.advance(SECOND);
            cancelled().await;
            Err::<(), _>(Told::Returned(1))
        })
        .await
        .unwrap_err();
    assert_eq!(
        (error.reason(), error.failures().len()),
        (&CancelReason::DeadlineExceeded, 1)
    );
    assert_eq!(error.into_error(), Told::Stopped(CancelReason::DeadlineExceeded));
}

async fn a_token_passes_its_reason_on() {
    let token = CancelToken::new();
    let out = fail_fast::<Told>()
        .cancel_on(&token)
        .try_run(async |_| {
            token.cancel_with("enough");
            pending::<Result<(), _>>().await
        })
        .await;
    assert_eq!(out, Err(Told::Stopped(CancelReason::Requested(Some("enough".into())))));
}

async fn a_scope_that_its_parent_cancelled() {
    let mut inner = None;
    let slot = &mut inner;
    let outer = fail_fast::<Told>()
        .try_run(async |s| {
            // The shield lets the child see the end of the scope inside, which is cancelled with the one outside.
            let token = s.token();
            s.spawn(shield(async move {
                let out = fail_fast::<Told>()
                    .cancel_on(token)
                    .run(async |_| pending::<Result<(), _>>().await);
                *slot = Some(out.await.map_err(ScopeError::into_error));
                Ok(())
            }));
            checkpoint().await;
            Err::<(), _>(Told::Returned(1))
        })
        .await;
    assert_eq!(outer, Err(Told::Returned(1)));
    // The token of the parent says why the parent ended; nothing has failed in here.
    assert_eq!(inner, Some(Err(Told::Stopped(CancelReason::Failed))));
}

async fn a_scope_that_holds_while_its_parent_is_cancelled() {
    let mut inner = None;
    let slot = &mut inner;
    let outer = fail_fast::<Told>()
        .try_run(async |s| {
            s.spawn(async move {
                let out = fail_fast::<Told>().run(async |_| {
                    cancelled().await;
                    Ok(())
                });
                *slot = Some(out.await.map_err(ScopeError::into_error));
                Ok(())
            });
            checkpoint().await;
            Err::<(), _>(Told::Returned(1))
        })
        .await;
    assert_eq!(outer, Err(Told::Returned(1)));
    assert_eq!(inner, Some(Err(Told::Stopped(CancelReason::Parent))));
}

async fn a_race_that_all_have_lost() {
    let lost = gather([3, 1, 2].map(async |n| Err::<(), _>(Told::Returned(n))))
        .first_success()
        .await;
    assert_eq!(lost.unwrap_err().into_error(), Told::Returned(3));
}

async fn a_race_of_no_futures() {
    let none = gather(std::iter::empty::<std::future::Ready<Result<(), Told>>>())
        .first_success()
        .await;
    assert_eq!(none.unwrap_err().into_error(), Told::Stopped(CancelReason::Ended));
}

async fn a_race_in_which_one_panicked_and_another_failed() {
    let lost = gather([0, 1].map(async |n| {
        assert_ne!(n, 0, "the first");
        Err::<(), _>(Told::Returned(n))
    }))
    .first_success()
    .await;
    assert_eq!(lost.unwrap_err().into_error(), Told::Returned(1));
}

async fn a_panic_goes_on() {
    let lost = gather([async { panic!("the only one") as Result<(), Told> }])
        .first_success()
        .await;
    let panic = caught(async { lost.unwrap_err().into_error() }).await.unwrap_err();
    assert_eq!(panic, "the only one");

    let body = settled::<Told>()
        .run(async |_| panic!("the body") as Result<(), Told>)
        .await;
    let panic = caught(async { body.unwrap_err().into_error_or(|_| unreachable!()) })
        .await
        .unwrap_err();
    assert_eq!(panic, "the body");

    let panic = caught(try_gather([async { panic!("a child") as Result<(), Told> }]))
        .await
        .unwrap_err();
    assert_eq!(panic, "a child");
    let panic = caught(fail_fast::<Told>().try_run(async |s| {
        s.spawn(async { panic!("a child") as Result<(), Told> });
        pending::<Result<(), _>>().await
    }));
    assert_eq!(panic.await.unwrap_err(), "a child");
}

async fn an_error_of_another_crate_says_what_a_stop_is() {
    let late = fail_fast::<Told>().timeout(Duration::ZERO).run(async |_| Ok(())).await;
    let mut asked = 0;
    let error = late.unwrap_err().into_error_or(|stopped| {
        asked += 1;
        assert!(stopped.is_deadline_exceeded());
        Told::Returned(504)
    });
    assert_eq!((error, asked), (Told::Returned(504), 1));
    let failed = fail_fast::<Told>().run(async |_| Err::<(), _>(Told::Returned(1))).await;
    assert_eq!(failed.unwrap_err().into_error_or(|_| unreachable!()), Told::Returned(1));
}

async fn a_value_that_was_returned_before_its_own_cancel_is_kept() {
    let out = fail_fast::<Told>()
        .try_run(async |s| {
            s.spawn(pending::<Result<(), _>>());
            s.cancel();
            Ok(7)
        })
        .await;
    assert_eq!(out, Ok(7));
}

on_every_runtime!(
    the_first_failure_of_several,
    a_deadline_though_something_failed_while_it_cleaned_up,
    a_token_passes_its_reason_on,
    a_scope_that_its_parent_cancelled,
    a_scope_that_holds_while_its_parent_is_cancelled,
    a_race_that_all_have_lost,
    a_race_of_no_futures,
    a_race_in_which_one_panicked_and_another_failed,
    a_panic_goes_on,
    an_error_of_another_crate_says_what_a_stop_is,
    a_value_that_was_returned_before_its_own_cancel_is_kept,
);
