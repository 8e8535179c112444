//! A child has a name and an id, known to its task, to itself, and in its failure.

use std::{collections::HashSet, convert::Infallible};

use purview::{current, fail_fast, scope, settled, try_scope};
use purview_tests::on_every_runtime;

async fn the_name_given_at_spawn_is_read_on_the_task_and_inside_the_child() {
    scope(async |s| {
        let task = s
            .task()
            .name("import")
            .spawn(async { current().map(|me| (me.id(), me.name().to_owned())) });
        let built = s.task().name(format!("job-{}", 7)).spawn(async {});
        assert_eq!((task.name(), built.name()), ("import", "job-7"));
        let id = task.id();
        assert_eq!(task.await, Some((id, "import".to_owned())));
    })
    .await;
}

async fn the_default_name_is_not_empty() {
    scope(async |s| {
        let task = s.spawn(async { current().map(|me| me.name().to_owned()) });
        let name = task.name().to_owned();
        assert!(!name.is_empty());
        assert_eq!(task.await, Some(name));
    })
    .await;
}

async fn an_empty_name_is_not_kept() {
    scope(async |s| assert!(!s.task().name("").spawn(async {}).name().is_empty())).await;
}

async fn ids_are_never_shared() {
    let ids = scope(async |s| {
        let tasks: Vec<_> = (0..100).map(|_| s.spawn(async {})).collect();
        tasks.iter().map(purview::Task::id).collect::<HashSet<_>>()
    });
    let mut ids = ids.await;
    assert_eq!(ids.len(), 100);
    let elsewhere = scope(async |s| s.spawn(async {}).id()).await;
    assert!(ids.insert(elsewhere), "nor between scopes");
}

async fn a_failure_names_its_child() {
    let failed = fail_fast::<&str>().run(async |s| {
        s.task().name("the culprit").spawn(async { Err::<(), _>("no") }).await;
        Ok(())
    });
    let error = failed.await.expect_err("a child failed");
    assert_eq!(error.failures()[0].task.name(), "the culprit");
    assert!(error.to_string().contains("no"), "{error}");
    let settlement =
        settled::<&str>().run(async |s| Ok(s.task().name("unheard").spawn(async { Err::<(), _>("no") }).id()));
    let settlement = settlement.await.expect("the body worked");
    assert_eq!(settlement.failures[0].task.name(), "unheard");
    assert_eq!(settlement.failures[0].task.id(), settlement.value);
}

async fn a_failure_of_the_body_bears_the_name_of_the_scope() {
    let failed = fail_fast::<&str>()
        .name("import")
        .run(async |_| Err::<(), _>("no"))
        .await;
    assert_eq!(failed.expect_err("it failed").failures()[0].task.name(), "import");
    let unnamed = fail_fast::<&str>().run(async |_| Err::<(), _>("no")).await;
    assert!(!unnamed.expect_err("it failed").failures()[0].task.name().is_empty());
}

async fn a_task_and_a_handle_can_be_printed() {
    try_scope(async |s| {
        let task = s.task().name("import").spawn(async { Ok::<_, Infallible>(()) });
        assert!(format!("{task:?}").contains("import"));
        assert!(!format!("{s:?}").is_empty());
        Ok(())
    })
    .await
    .expect("nothing failed");
}

on_every_runtime!(
    the_name_given_at_spawn_is_read_on_the_task_and_inside_the_child,
    the_default_name_is_not_empty,
    an_empty_name_is_not_kept,
    ids_are_never_shared,
    a_failure_names_its_child,
    a_failure_of_the_body_bears_the_name_of_the_scope,
    a_task_and_a_handle_can_be_printed,
);
