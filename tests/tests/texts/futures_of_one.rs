//! Futures around one future show how far they are.

use std::{
    convert::Infallible,
    future::{Ready, pending, ready},
    sync::Arc,
    time::{Duration, Instant},
};

use purview::{
    CancelToken, ContextKey, Embedded, cancelled, context_key, retry, shield, sleep, sleep_until, timeout, timeout_at,
};
use purview::{Runtime, inspect::Timeline};
use purview_core::inspect::{Inspector, Options};
use purview_smol::SmolExecutor;
use purview_tests::{by_hand, polled_on_every_runtime};
use purview_tokio::Tokio;

use crate::Unprintable;

context_key! { static KEY: &'static str; }

fn unprintable() -> Ready<Unprintable> {
    ready(Unprintable)
}

#[test]
fn a_token_shows_why_it_was_cancelled() {
    let token = CancelToken::default();
    assert_eq!(format!("{token:?}"), "CancelToken { reason: None, .. }");
    token.cancel_with("enough");
    assert_eq!(
        format!("{token:?}"),
        "CancelToken { reason: Some(Requested(Some(\"enough\"))), .. }"
    );
}

#[test]
fn a_wait_for_a_token_shows_it() {
    let token = CancelToken::new();
    assert_eq!(format!("{:?}", cancelled()), "Cancelled { token: None, .. }");
    let shown = format!("{:?}", token.cancelled());
    assert_eq!(shown, format!("Cancelled {{ token: Some({token:?}), .. }}"));
    let until = format!("{:?}", token.run_until_cancelled(unprintable()));
    assert_eq!(until, format!("UntilCancelled {{ cancelled: {shown}, .. }}"));
}

fn a_shield_shows_whether_it_is_over() {
    let mut run = by_hand(async {
        let mut shield = shield(ready(7));
        assert_eq!(format!("{shield:?}"), "Shield { done: false, .. }");
        assert_eq!((&mut shield).await, 7);
        assert_eq!(format!("{shield:?}"), "Shield { done: true, .. }");
    });
    run.finish();
    assert_eq!(format!("{:?}", shield(unprintable())), "Shield { done: false, .. }");
}

#[test]
fn a_sleep_shows_until_when() {
    assert_eq!(
        format!("{:?}", sleep(Duration::from_secs(7))),
        "Sleep { when: After(7s), .. }"
    );
    let at = Instant::now();
    assert_eq!(
        format!("{:?}", sleep_until(at)),
        format!("Sleep {{ when: At({at:?}), .. }}")
    );
}

fn a_sleep_without_end_says_so_once_it_has_asked_the_clock() {
    let mut sleep = sleep(Duration::MAX);
    assert!(by_hand(&mut sleep).poll().is_pending());
    assert_eq!(format!("{sleep:?}"), "Sleep { when: Never, .. }");
}

#[test]
fn a_timeout_shows_its_bound() {
    let shown = format!("{:?}", timeout(Duration::from_secs(7), unprintable()));
    assert_eq!(shown, "Timeout { bound: Bound { timeout: Some(7s), at: None }, .. }");
    let at = Instant::now();
    let shown = format!("{:?}", timeout_at(at, unprintable()));
    assert_eq!(
        shown,
        format!("Timeout {{ bound: Bound {{ timeout: None, at: Some({at:?}) }}, .. }}")
    );
}

fn a_retry_shows_how_often_it_has_tried() {
    let operation = || async { pending::<Result<Unprintable, Unprintable>>().await };
    let mut retry = Box::pin(retry([Duration::ZERO], operation));
    assert_eq!(format!("{retry:?}"), "Retry { attempts: 0, .. }");
    assert!(by_hand(retry.as_mut()).poll().is_pending());
    assert_eq!(format!("{retry:?}"), "Retry { attempts: 1, .. }");
}

#[test]
fn a_key_shows_the_type_of_its_values() {
    let key = ContextKey::<u32>::new();
    assert_eq!(format!("{key:?}"), "ContextKey { type: \"u32\", .. }");
    assert_eq!(format!("{:?}", KEY.scope("value", unprintable())), "WithContext { .. }");
}

#[test]
fn an_inspector_shows_no_task_in_particular() {
    let inspector = Inspector::new(Options::new(), None, None);
    assert_eq!(format!("{inspector:?}"), "Inspector { .. }");
    let installed = inspector.install(Arc::new(Embedded));
    assert_eq!(format!("{installed:?}"), "InstalledInspector { .. }");
}

#[test]
fn what_inspects_shows_its_options() {
    let options = Options::new().check_every(Duration::from_secs(5)).yields(100);
    let shown = format!("{options:?}");
    for part in [
        "Options { observers: 0, times: true, wakers: true",
        "yields: Some(100)",
        "check_every: Some(5s)",
    ] {
        assert!(shown.contains(part), "{shown}");
    }
    assert_eq!(
        format!("{:?}", Timeline::new()),
        "Timeline { tasks: 0, within: None, .. }"
    );
}

#[test]
fn a_runtime_shows_which_it_is() {
    let any: &dyn Runtime = &Embedded;
    assert_eq!(format!("{any:?}"), "dyn Runtime");
    let tokio = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("it starts");
    let shown = format!("{:?}", Tokio::from(tokio.handle().clone()));
    assert_eq!(shown, format!("Tokio {{ runtime: {:?}, .. }}", tokio.handle().id()));
    let smol = SmolExecutor::from(Arc::new(smol::Executor::new()));
    assert_eq!(format!("{smol:?}"), "SmolExecutor { .. }");
}

fn the_info_of_a_task_shows_its_number_and_its_name() {
    let mut run = by_hand(purview::fail_fast::<Infallible>().name("import").run(async |_| {
        let me = purview::current().expect("in a task");
        let shown = format!("{me:?}");
        assert_eq!(shown, format!("TaskInfo {{ id: {}, name: \"import\", .. }}", me.id()));
        Ok(())
    }));
    run.finish().expect("no child fails");
}

polled_on_every_runtime!(
    a_shield_shows_whether_it_is_over,
    a_sleep_without_end_says_so_once_it_has_asked_the_clock,
    a_retry_shows_how_often_it_has_tried,
    the_info_of_a_task_shows_its_number_and_its_name,
);
