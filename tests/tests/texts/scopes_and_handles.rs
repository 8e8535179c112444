//! Scopes, their options and what they hand out show whose they are and how far.

use std::{convert::Infallible, future::pending, time::Duration};

use futures::StreamExt;
use purview::{
    JoinAll, Policy, Stopped, fail_fast, local_scope, scope, stream, try_local_scope, try_scope, with_policy,
};
use purview_tests::{by_hand, on_every_runtime, polled_on_every_runtime, yield_now};

use crate::Unprintable;

#[test]
fn a_builder_shows_its_options() {
    let builder = fail_fast::<Unprintable>()
        .name("import")
        .timeout(Duration::from_secs(7))
        .grace(Duration::from_secs(1))
        .limit(3);
    assert_eq!(
        format!("{builder:?}"),
        "Builder { name: Some(\"import\"), bound: Bound { timeout: Some(7s), at: None }, grace: Some(1s), \
         limit: Some(3), .. }"
    );
    let bare = with_policy(JoinAll::new());
    let shown = format!("{bare:?}");
    assert!(shown.starts_with("Builder { name: None"), "{shown}");
}

const UNPOLLED: &str = "Scope { name: None, len: 0, cancelled: None, ended: false, .. }";

fn the_future_of_a_scope_shows_the_scope() {
    let run = fail_fast::<Unprintable>().name("import").run(async |_| Ok(Unprintable));
    let named = "Run { scope: Scope { name: Some(\"import\"), len: 0, cancelled: None, ended: false, .. }, .. }";
    assert_eq!(format!("{run:?}"), named);
    let unnamed = format!("Run {{ scope: {UNPOLLED}, .. }}");
    assert_eq!(format!("{:?}", scope(async |_| Unprintable)), unnamed);
    assert_eq!(format!("{:?}", local_scope(async |_| Unprintable)), unnamed);
    assert_eq!(format!("{:?}", try_scope(async |_| Ok::<_, Unprintable>(()))), unnamed);
    assert_eq!(
        format!("{:?}", try_local_scope(async |_| Ok::<_, Unprintable>(()))),
        unnamed
    );
}

fn a_driver_shows_the_name_of_its_scope() {
    let (scope, driver) = fail_fast::<Unprintable>().name("service").open();
    assert_eq!(format!("{driver:?}"), "Driver { name: Some(\"service\"), .. }");
    drop(driver);
    let shown = format!("{scope:?}");
    assert!(
        shown.starts_with("Scope { name: Some(\"service\"), len: 0, cancelled: Some("),
        "{shown}"
    );
    assert!(shown.ends_with("ended: true, .. }"), "{shown}");
}

fn a_child_to_be_shows_where_it_will_run() {
    let mut run = by_hand(scope(async |s| {
        let import = s.task().name("import");
        assert_eq!(
            format!("{import:?}"),
            "TaskBuilder { name: Some(\"import\"), role: Ordinary, place: Here(()), .. }"
        );
        let daemon = s.task().daemon().parallel();
        assert_eq!(
            format!("{daemon:?}"),
            "TaskBuilder { name: None, role: Daemon, place: Parallel(()), .. }"
        );
    }));
    run.finish();
}

fn a_permit_shows_its_scope() {
    let mut run = by_hand(with_policy(JoinAll::new()).limit(1).run(async |s| {
        let permit = s.permit().await;
        assert_eq!(format!("{permit:?}"), format!("Permit {{ scope: {s:?}, .. }}"));
    }));
    run.finish();
}

fn a_start_shows_its_child_and_whether_it_has_said_how_it_went() {
    let mut run = by_hand(try_scope::<_, _, _, Infallible>(async |s| {
        let mut start = s.start(async |ready| {
            assert_eq!(format!("{ready:?}"), "Ready { set: false, .. }");
            ready.set(Unprintable).expect("for the first time");
            assert_eq!(format!("{ready:?}"), "Ready { set: true, .. }");
            pending::<Result<(), _>>().await
        });
        let pending = format!("{start:?}");
        assert!(pending.starts_with("Start { task: TaskInfo { id: "), "{pending}");
        assert!(pending.ends_with("done: false, .. }"), "{pending}");
        assert!((&mut start).await.is_ok());
        let done = format!("{start:?}");
        assert!(done.ends_with("done: true, .. }"), "{done}");
        s.cancel();
        Ok(())
    }));
    run.finish().expect("no child fails");
}

fn a_producer_shows_its_child_and_nothing_of_its_items() {
    let mut run = by_hand(try_scope::<_, _, _, Infallible>(async |s| {
        let stream = s.produce::<Unprintable, _, _>(1, async |tx| {
            assert_eq!(format!("{tx:?}"), "Sender { .. }");
            Ok(())
        });
        let shown = format!("{stream:?}");
        assert!(shown.starts_with("Produced { task: TaskInfo { id: "), "{shown}");
        yield_now().await;
        Ok(())
    }));
    run.finish().expect("no child fails");
}

fn a_place_in_a_stream_shows_nothing_of_its_items() {
    let mut run = by_hand(try_scope::<_, _, _, Infallible>(async |s| {
        let mut items = s.produce::<Unprintable, _, _>(1, async |tx| {
            let place = tx.reserve().await.expect("the stream is read");
            assert_eq!(format!("{place:?}"), "Slot { .. }");
            place.send(Unprintable);
            Ok(())
        });
        let Unprintable = items.next().await.expect("one is sent");
        Ok(())
    }));
    run.finish().expect("no child fails");
}

fn the_stream_of_a_scope_shows_whether_the_scope_has_ended() {
    let mut items = Box::pin(stream(1, async |s, tx| {
        let _ = (s, tx.send(Unprintable).await);
        Ok::<_, Stopped>(())
    }));
    assert_eq!(format!("{items:?}"), "ScopedStream { ended: false, .. }");
    let mut all = by_hand(async { while items.next().await.is_some() {} });
    all.finish();
    drop(all);
    assert_eq!(format!("{items:?}"), "ScopedStream { ended: true, .. }");
}

async fn a_task_that_is_cancelled_on_drop_shows_the_task() {
    scope(async |s| {
        let task = s.task().name("fetch").spawn(pending::<()>()).cancel_on_drop();
        let shown = format!("{task:?}");
        assert!(
            shown.starts_with("CancelOnDrop(Task") && shown.contains("fetch"),
            "{shown}"
        );
    })
    .await;
}

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

/// That a policy need not be printable for what has one in it.
#[expect(dead_code, reason = "it compiles")]
fn nothing_is_asked_of_the_policy<P: Policy>(builder: &purview::Builder<P>, driver: &purview::Driver<P>) -> String {
    format!("{builder:?} {driver:?}")
}

on_every_runtime!(
    a_task_shows_its_number_its_name_and_whether_it_has_ended,
    a_task_that_is_cancelled_on_drop_shows_the_task,
);

polled_on_every_runtime!(
    the_future_of_a_scope_shows_the_scope,
    a_driver_shows_the_name_of_its_scope,
    a_child_to_be_shows_where_it_will_run,
    a_permit_shows_its_scope,
    a_place_in_a_stream_shows_nothing_of_its_items,
    the_stream_of_a_scope_shows_whether_the_scope_has_ended,
    a_start_shows_its_child_and_whether_it_has_said_how_it_went,
    a_producer_shows_its_child_and_nothing_of_its_items,
);
