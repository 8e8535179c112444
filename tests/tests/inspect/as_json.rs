//! A snapshot for other programs: the feature `serde`.

use std::time::Duration;

use purview::{fail_fast, inspect::Options, sleep};
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
                std::future::pending::<Result<(), ()>>().await
            }),
    );
    assert!(run.poll_until_idle().is_pending());
    clock.advance(Duration::from_millis(1500));
    let json = serde_json::to_value(inspector.snapshot()).expect("it can be serialized");
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
    assert_eq!(sleeps["line"], 18);
    assert_eq!(sleeps["stopping"], serde_json::Value::Null);
}
