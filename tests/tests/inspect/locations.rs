//! Where each task was spawned is known by every door, and without inspection.

use std::future::pending;

use futures::StreamExt;
use purview::{TaskInfo, current, fail_fast, gather, scope, settled, try_gather, try_scope};
use purview_tests::{by_hand, on_every_runtime};

fn here() -> (&'static str, u32) {
    line(&current().expect("in a task"))
}

fn line(task: &TaskInfo) -> (&'static str, u32) {
    let at = task.location().expect("it was spawned");
    (at.file(), at.line())
}

async fn children_say_where_they_were_spawned() {
    let me = file!();
    scope(async |s| {
        assert_eq!(here(), (me, line!() - 1));
        assert_eq!(s.spawn(async { here() }).await, (me, line!()));
        assert_eq!(s.task().name("n").spawn(async { here() }).await, (me, line!()));
        assert_eq!(s.spawn_parallel(async { here() }).await, (me, line!()));
        assert_eq!(s.task().parallel().spawn(async { here() }).await, (me, line!()));
        assert_eq!(s.try_spawn(async { here() }).unwrap().await, (me, line!()));
        let permit = s.permit().await;
        assert_eq!(permit.spawn(async { here() }).await, (me, line!()));
        assert_eq!(line(s.spawn(async {}).info()), (me, line!()));
    })
    .await;
}

async fn so_do_the_other_doors() {
    let me = file!();
    let out = try_scope(async |s| {
        let at = s.start(async |ready| {
            ready.set(here()).ok();
            Ok::<_, ()>(())
        });
        assert_eq!(at.await.unwrap(), (me, line!() - 4));
        let mut items = s.produce(1, async |tx| {
            tx.send(here()).await.ok();
            Ok(())
        });
        assert_eq!(items.next().await, Some((me, line!() - 4)));
        assert_eq!(s.enter(async { Ok(here()) }).await, Ok((me, line!())));
        s.defer(async { assert_eq!(here(), (file!(), line!())) });
        let error = fail_fast().run(async |s| {
            s.spawn(async { Err::<(), _>("broken") });
            pending::<Result<(), _>>().await
        });
        let error = error.await.unwrap_err();
        assert_eq!(line(&error.failures()[0].task), (me, line!() - 4));
        Ok(())
    });
    out.await.unwrap();
}

async fn so_do_gathers_and_scopes() {
    let me = file!();
    let all = gather([1, 2].map(async |_| Ok::<_, ()>(here()))).await.unwrap();
    assert_eq!(all, [(me, line!() - 1); 2]);
    let all = try_gather([1].map(async |_| Ok::<_, String>(here()))).await.unwrap();
    assert_eq!(all, [(me, line!() - 1)]);
    let both = gather!(async { Ok::<_, ()>(here()) }, async { Ok(here()) });
    assert_eq!(both.await.unwrap(), ((me, line!() - 1), (me, line!() - 1)));
    assert_eq!(try_scope(async |_| Ok::<_, ()>(here())).await, Ok((me, line!())));
    let out = settled::<()>().run(async |_| Ok(here())).await.unwrap();
    assert_eq!(out.value, (me, line!() - 1));
    let mut stream = purview::stream(1, async |_, tx| tx.send(here()).await.map_err(std::io::Error::other));
    let item: std::io::Result<_> = stream.next().await.unwrap();
    assert_eq!(item.unwrap(), (me, line!() - 2));
}

on_every_runtime!(
    children_say_where_they_were_spawned,
    so_do_the_other_doors,
    so_do_gathers_and_scopes,
);

#[test]
fn a_task_outside_of_all_scopes_is_none() {
    let mut outside = by_hand(async { current().is_none() });
    assert!(outside.finish());
}
