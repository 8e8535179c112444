//! A snapshot for other programs: the feature `serde`.

use std::{
    future::{pending, ready},
    time::Duration,
};

use futures::FutureExt;
use purview::{CancelToken, fail_fast, gather, inspect::Options, shield, sleep};
use purview_tests::by_hand;

use crate::inspected;

#[test]
fn a_snapshot_is_a_list_of_nodes_with_their_parents() {
    let (inspector, _installed, clock) = inspected(Options::new().wakers(true));
    let mut run = by_hand(
        fail_fast::<()>()
            .name("run")
            .timeout(Duration::from_secs(60))
            .run(async |s| {
                s.task().name("sleeps").spawn(async {
                    sleep(Duration::from_secs(30)).await;
                    Ok(())
                });
                pending::<Result<(), ()>>().await
            }),
    );
    assert!(run.poll_until_idle().is_pending());
    clock.advance(Duration::from_millis(1500));
    let tree = inspector.snapshot();
    let json = serde_json::to_value(&tree).expect("it can be serialized");
    assert_eq!(json["took"], tree.took().as_secs_f64());
    assert_eq!(json["left_out"], 0);
    let nodes = json["nodes"].as_array().expect("a list");
    let (scope, sleeps) = (&nodes[0], &nodes[2]);
    assert_eq!(
        (&scope["kind"], &scope["name"], &scope["left"]),
        (&"scope".into(), &"run".into(), &58.5.into())
    );
    assert_eq!(
        (&sleeps["kind"], &sleeps["state"], &sleeps["since"]),
        (&"child".into(), &"idle".into(), &1.5.into())
    );
    assert_eq!(sleeps["waits"], serde_json::json!(["a sleep"]));
    assert_eq!(
        (&sleeps["parent"], &sleeps["depth"], &sleeps["wakers"]),
        (&0.into(), &1.into(), &1.into())
    );
    assert_eq!(sleeps["file"], file!());
    assert_eq!(sleeps["line"], 22);
    assert_eq!(sleeps["stopping"], serde_json::Value::Null);
}

#[test]
fn progress_holds_and_what_stops_a_scope_are_objects() {
    let (inspector, _installed, clock) = inspected(Options::new());
    let token = CancelToken::new();
    let second = Duration::from_secs(1);
    let mut run = by_hand(fail_fast::<()>().grace(60 * second).cancel_on(&token).run(async |s| {
        s.task().name("holds").spawn(async {
            shield(sleep(30 * second)).await;
            Ok(())
        });
        let pages = [ready(Ok::<(), ()>(())).left_future(), pending().right_future()];
        let _ = gather(pages).name("pages").settled().await;
        Ok(())
    }));
    assert!(run.poll_until_idle().is_pending());
    let json = serde_json::to_value(inspector.snapshot()).expect("it can be serialized");
    let nodes = json["nodes"].as_array().expect("a list");
    let pages = nodes.iter().find(|node| node["name"] == "pages").expect("it is shown");
    assert_eq!(pages["progress"], serde_json::json!({ "done": 1, "total": 2 }));
    clock.advance(second);
    token.cancel_with("enough");
    assert!(run.poll_until_idle().is_pending());
    clock.advance(second);
    let json = serde_json::to_value(inspector.snapshot()).expect("it can be serialized");
    let nodes = json["nodes"].as_array().expect("a list");
    let holds = nodes.iter().find(|node| node["name"] == "holds").expect("it is shown");
    assert_eq!(
        holds["holding"],
        serde_json::json!([{ "why": "a shield, or a wait for its cancellation", "since": 2.0 }])
    );
    assert_eq!(
        nodes[0]["stopping"],
        serde_json::json!({ "reason": "cancelled on request: enough", "since": 1.0, "grace": 59.0 })
    );
}

#[test]
fn each_state_is_a_word_or_two() {
    let (_inspector, _installed, _clock) = inspected(Options::new());
    let (service, driver) = fail_fast::<()>().name("service").limit(1).open();
    let states = || {
        let json = serde_json::to_value(service.snapshot()).expect("it can be serialized");
        let nodes = json["nodes"].as_array().expect("a list").clone();
        let states = nodes
            .iter()
            .map(|node| node["state"].as_str().expect("a word").to_owned());
        states.collect::<Vec<_>>()
    };
    service.spawn(pending::<Result<(), ()>>());
    service.spawn(pending::<Result<(), ()>>());
    assert_eq!(states()[0], "never polled");
    let mut driver = by_hand(driver);
    assert!(driver.poll_until_idle().is_pending());
    assert_eq!(states(), ["scope", "idle", "queued by the limit"]);
    service.cancel();
    let _ = driver.finish();
    assert_eq!(states(), ["ended"]);
}

#[test]
fn what_a_rate_keeps_waiting_and_an_open_scope_have_words_too() {
    let (_inspector, _installed, _clock) = inspected(Options::new());
    let (service, driver) = fail_fast::<()>().rate(1, Duration::from_secs(60)).open();
    let mut driver = by_hand(driver);
    let states = || {
        let json = serde_json::to_value(service.snapshot()).expect("it can be serialized");
        let nodes = json["nodes"].as_array().expect("a list").clone();
        nodes.iter().map(|node| node["state"].clone()).collect::<Vec<_>>()
    };
    assert!(driver.poll_until_idle().is_pending());
    assert_eq!(states(), ["open"]);
    service.spawn(pending::<Result<(), ()>>());
    service.spawn(pending::<Result<(), ()>>());
    assert!(driver.poll_until_idle().is_pending());
    assert_eq!(states(), ["scope", "idle", "queued by the rate"]);
}
