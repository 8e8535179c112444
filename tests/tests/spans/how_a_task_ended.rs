//! On close the span of a task says how it ended.

use std::{future::pending, time::Duration};

use purview::{CancelReason, fail_fast, gather, settled};
use purview_tests::{AnyRuntime, caught, served_by_every_runtime, yields};
use tracing::{Level, field::Empty, info_span};

use crate::recorder::Recorder;

#[track_caller]
fn assert_ended(recorder: &Recorder, name: &str, outcome: &str) {
    let span = recorder.span(name);
    assert_eq!(span.fields["outcome"], outcome, "{span:?}");
    assert!(span.closed, "{span:?}");
}

async fn each_outcome_is_told(runtime: AnyRuntime) {
    let recorder = Recorder::new(Level::DEBUG);
    let out = settled().name("scope").runtime(runtime).run(async |s| {
        s.task().name("returns").spawn(async { Ok(()) });
        s.task().name("fails").spawn(async {
            yields(1).await;
            Err::<(), _>("on purpose")
        });
        s.task().name("panics").spawn(async {
            panic!("on purpose");
            #[expect(unreachable_code, reason = "it says what it would return")]
            Ok(())
        });
        let cancelled = s.task().name("cancelled").spawn(pending::<Result<(), &str>>());
        cancelled.cancel();
        s.task().name("daemon").daemon().spawn(pending::<Result<(), &str>>());
        s.task().name("far").parallel().spawn(async {
            yields(1).await;
            Err::<(), _>("on purpose")
        });
        s.task().name("closure").spawn_blocking(|_| Ok(()));
        s.defer(async { Err("on purpose") });
        let guest = s.task().name("guest").enter(async { Ok::<(), &str>(()) });
        guest.await.unwrap().unwrap();
        Ok(())
    });
    recorder.listen(caught(out)).await.unwrap().unwrap();
    for (name, outcome) in [
        ("scope", "returned"),
        ("returns", "returned"),
        ("fails", "failed"),
        ("panics", "panicked"),
        ("cancelled", "cancelled on request"),
        ("daemon", "cancelled: the scope has ended"),
        ("far", "failed"),
        ("closure", "returned"),
        ("scope/finalizer", "failed"),
        ("guest", "returned"),
    ] {
        assert_ended(&recorder, name, outcome);
    }
}

async fn those_that_a_scope_stops_say_why(runtime: AnyRuntime) {
    let recorder = Recorder::new(Level::DEBUG);
    let out = fail_fast().name("scope").runtime(runtime).run(async |s| {
        s.task().name("plain").spawn(pending::<Result<(), &str>>());
        s.task()
            .name("parallel")
            .parallel()
            .spawn(pending::<Result<(), &str>>());
        s.spawn(async {
            yields(3).await;
            Err::<(), _>("on purpose")
        });
        pending::<Result<(), _>>().await
    });
    assert_eq!(recorder.listen(out).await.unwrap_err().reason(), &CancelReason::Failed);
    for name in ["scope", "plain", "parallel"] {
        assert_ended(&recorder, name, "cancelled: a task failed");
    }
    assert_eq!(recorder.open(), [""; 0]);
}

async fn a_scope_whose_children_cannot_fail_knows_no_failure(runtime: AnyRuntime) {
    let recorder = Recorder::new(Level::DEBUG);
    let out = purview::with_policy(purview::JoinAll::new())
        .runtime(runtime)
        .run(async |s| {
            s.task()
                .name("child")
                .spawn(async { Err::<(), _>("a value like any other") })
                .await
        });
    recorder.listen(out).await.unwrap_err();
    assert_ended(&recorder, "child", "returned");
}

async fn one_that_is_refused_or_dropped_with_its_scope_was_cancelled(runtime: AnyRuntime) {
    let recorder = Recorder::new(Level::DEBUG);
    recorder
        .listen(async {
            let (service, driver) = settled::<()>().runtime(runtime).open();
            service.task().name("dropped").spawn(pending::<Result<(), ()>>());
            drop(driver);
            service.task().name("refused").spawn(pending::<Result<(), ()>>());
            let entered = service.task().name("guest").enter(pending::<Result<(), ()>>());
            assert!(entered.await.is_err());
        })
        .await;
    for name in ["body", "dropped", "refused"] {
        let span = recorder.span(name);
        assert!(
            span.closed && span.fields["outcome"].starts_with("cancelled"),
            "{span:?}"
        );
    }
    // It did not come as far as to have one.
    assert!(recorder.spans("guest").is_empty());
}

async fn futures_of_a_gather_say_it_too(runtime: AnyRuntime) {
    let recorder = Recorder::new(Level::DEBUG);
    let work = |n: u64| async move {
        yields(usize::try_from(n).unwrap()).await;
        match n {
            0 => Ok(n),
            1 => Err("on purpose"),
            _ => pending().await,
        }
    };
    let many = gather((0..3).map(work)).name("many").runtime(runtime.clone()).settled();
    let many = many.timeout(Duration::from_millis(1));
    assert_eq!(recorder.listen(many).await.len(), 3);
    let mixed = gather!(work(0), work(1), work(2)).name("mixed").runtime(runtime);
    recorder.listen(mixed).await.unwrap_err();
    for (name, outcome) in [
        ("many/0", "returned"),
        ("many/1", "failed"),
        ("many/2", "cancelled: deadline exceeded"),
        ("mixed/0", "returned"),
        ("mixed/1", "failed"),
        ("mixed/2", "cancelled: a task failed"),
    ] {
        assert_ended(&recorder, name, outcome);
    }
}

async fn an_open_scope_says_how_it_ended(runtime: AnyRuntime) {
    let recorder = Recorder::new(Level::DEBUG);
    recorder
        .listen(async {
            let (service, driver) = settled::<()>().name("ends").runtime(runtime.clone()).open();
            drop(service);
            driver.await.unwrap();
            let (service, driver) = settled::<()>().name("cancelled").runtime(runtime.clone()).open();
            service.cancel_with("enough");
            driver.await.unwrap();
            let (service, driver) = fail_fast::<()>().name("panics").runtime(runtime.clone()).open();
            service.spawn::<(), _>(async { panic!("on purpose") });
            caught(driver).await.unwrap_err();
            let (service, driver) = fail_fast().name("fails").runtime(runtime).open();
            service.spawn(async { Err::<(), _>("on purpose") });
            driver.await.unwrap_err();
            // A handle that is kept keeps no span open.
            assert_eq!(recorder.open(), [""; 0]);
            drop(service);
        })
        .await;
    assert_ended(&recorder, "ends", "returned");
    assert_ended(&recorder, "cancelled", "cancelled on request: enough");
    assert_ended(&recorder, "fails", "failed");
    assert_ended(&recorder, "panics", "panicked");
}

async fn a_span_of_the_users_says_it_where_it_has_the_field(runtime: AnyRuntime) {
    let recorder = Recorder::new(Level::INFO);
    let out = settled().runtime(runtime).run(async |s| {
        s.task()
            .span(|_| info_span!("with", outcome = Empty))
            .spawn(async { Err::<(), _>("on purpose") });
        s.task().span(|_| info_span!("without")).spawn(async { Ok(()) });
        Ok(())
    });
    recorder.listen(out).await.unwrap();
    assert_ended(&recorder, "with", "failed");
    assert!(recorder.span("without").fields.is_empty());
}

served_by_every_runtime!(
    each_outcome_is_told,
    those_that_a_scope_stops_say_why,
    a_scope_whose_children_cannot_fail_knows_no_failure,
    one_that_is_refused_or_dropped_with_its_scope_was_cancelled,
    futures_of_a_gather_say_it_too,
    an_open_scope_says_how_it_ended,
    a_span_of_the_users_says_it_where_it_has_the_field,
);
