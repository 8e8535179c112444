//! A scope whose future was dropped swallowed the panics of its children's destructors.

use std::{
    future::pending,
    panic::{AssertUnwindSafe, catch_unwind},
};

use purview::{TaskError, checkpoint, fail_fast, scope, settled};
use purview_tests::{Log, by_hand, message_of};

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

fn message_of_drop<T>(dropped: T) -> String {
    message_of(&*catch_unwind(AssertUnwindSafe(|| drop(dropped))).expect_err("it panics"))
}

#[test]
fn the_first_goes_on_where_the_scope_is_dropped_and_all_are_dropped() {
    let log = Log::new();
    let mut run = by_hand(scope({
        let log = log.clone();
        async move |s| {
            let bomb = Bomb(log.clone(), "the body");
            s.spawn(carries(Bomb(log.clone(), "the older")));
            s.spawn(carries(Bomb(log.clone(), "the newer")));
            carries(bomb).await;
        }
    }));
    assert!(run.poll_until_idle().is_pending());
    assert_eq!(message_of_drop(run), "the body");
    assert_eq!(log.entries(), ["the body", "the newer", "the older"]);
}

#[test]
fn whatever_the_policy_does_with_panics() {
    let log = Log::new();
    let mut kept = None;
    let slot = &mut kept;
    let mut run = by_hand(settled::<()>().run({
        let log = log.clone();
        async move |s| {
            *slot = Some(s.spawn(async move {
                carries(Bomb(log, "a child")).await;
                Ok(())
            }));
            checkpoint().await;
            pending::<Result<(), ()>>().await
        }
    }));
    assert!(run.poll_until_idle().is_pending());
    assert_eq!(message_of_drop(run), "a child");
    let told = by_hand(kept.expect("the body has run")).finish();
    assert!(
        matches!(told, Err(TaskError::Cancelled(_))),
        "the panic is had once: {told:?}"
    );
}

#[test]
fn an_open_scope_too() {
    let (service, driver) = fail_fast::<()>().open();
    service.spawn(async {
        carries(Bomb(Log::new(), "a service")).await;
        Ok(())
    });
    let mut driver = by_hand(driver);
    assert!(driver.poll_until_idle().is_pending());
    assert_eq!(message_of_drop(driver), "a service");
}
