//! A scope whose future was dropped by one around it swallowed the panics of its children's destructors.

use std::future::pending;

use purview::{TaskError, checkpoint, fail_fast, scope, settled};
use purview_tests::{Log, by_hand, caught};

struct Bomb(Log, &'static str);

impl Drop for Bomb {
    fn drop(&mut self) {
        self.0.note(self.1);
        panic!("{}", self.1);
    }
}

async fn carries(bomb: Bomb) {
    pending::<()>().await;
    drop(bomb);
}

#[test]
fn the_first_goes_on_there_and_all_are_dropped() {
    let log = Log::new();
    let inner = log.clone();
    let mut outer = by_hand(caught(scope(async move |s| {
        s.spawn(async move {
            scope(async |s| {
                let bomb = Bomb(inner.clone(), "the body");
                s.spawn(carries(Bomb(inner.clone(), "the older")));
                s.spawn(carries(Bomb(inner.clone(), "the newer")));
                carries(bomb).await;
            })
            .await;
        });
        checkpoint().await;
        panic!("the first");
    })));
    assert_eq!(outer.finish().expect_err("it panics"), "the first");
    assert_eq!(log.entries(), ["the body", "the newer", "the older"]);

    let inner = log.clone();
    let mut outer = by_hand(settled::<()>().run(async move |s| {
        let child = s.spawn(async move {
            scope(async |s| s.spawn(carries(Bomb(inner, "far below"))).await).await;
            Ok(())
        });
        checkpoint().await;
        child.cancel();
        match child.await {
            Err(TaskError::Panicked(panic)) => Ok(panic.message().map(str::to_owned)),
            _ => Ok(None),
        }
    }));
    let heard = outer.finish().expect("the body returned").value;
    assert_eq!(heard.as_deref(), Some("far below"));
}

/// An executor that drops a future need not expect a panic, and some end the process.
#[test]
fn where_there_is_none_only_the_task_hears() {
    let mut kept = None;
    let slot = &mut kept;
    let mut run = by_hand(settled::<()>().run(async move |s| {
        *slot = Some(s.spawn(async {
            carries(Bomb(Log::new(), "a child")).await;
            Ok(())
        }));
        pending::<Result<(), ()>>().await
    }));
    assert!(run.poll_until_idle().is_pending());
    drop(run);
    let told = by_hand(kept.expect("the body has run")).finish();
    assert!(matches!(told, Err(TaskError::Panicked(panic)) if panic.message() == Some("a child")));
}

#[test]
fn nothing_comes_out_of_the_driver_of_an_open_scope() {
    let (service, driver) = fail_fast::<()>().open();
    let log = Log::new();
    let inner = log.clone();
    service.spawn(async {
        carries(Bomb(inner, "a service")).await;
        Ok(())
    });
    let mut driver = by_hand(driver);
    assert!(driver.poll_until_idle().is_pending());
    drop(driver);
    assert_eq!(log.entries(), ["a service"]);
}
