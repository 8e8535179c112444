//! `Debug` tells what a reader looks for, and needs nothing of the user's types.

use purview::{CancelToken, scope};
use purview_tests::on_every_runtime;

async fn a_task_shows_its_number_its_name_and_whether_it_has_ended() {
    struct Shy;
    scope(async |s| {
        let task = s.task().name("fetch").spawn(async { Shy });
        let before = format!("{task:?}");
        let id = format!("{:?}", task.id());
        for part in ["Task", &id, "fetch", "finished: false"] {
            assert!(before.contains(part), "{before}");
        }
        let mut task = task;
        while !task.is_finished() {
            purview::checkpoint().await;
        }
        let after = format!("{task:?}");
        assert!(after.contains("finished: true"), "{after}");
        let Shy = (&mut task).await;
    })
    .await;
}

async fn a_token_shows_why_it_was_cancelled() {
    let token = CancelToken::new();
    let before = format!("{token:?}");
    assert!(before.starts_with("CancelToken") && before.contains("None"), "{before}");
    token.cancel_with("maintenance");
    let after = format!("{token:?}");
    assert!(after.contains("maintenance"), "{after}");
}

on_every_runtime!(
    a_task_shows_its_number_its_name_and_whether_it_has_ended,
    a_token_shows_why_it_was_cancelled,
);
