//! What is made with defaults is what `new` makes; what was not sent comes back; and what was awaited says so.

use purview::{
    TrySendError,
    inspect::{Options, Timeline},
    settled, spawn_blocking,
};
use purview_core::stream as neutral_stream;
use purview_tests::{HandExecutor, by_hand, on_every_runtime, polled_on_every_runtime};

use crate::Unprintable;

#[test]
fn an_item_that_was_not_sent_comes_back() {
    assert_eq!(TrySendError::Full(7).into_inner(), 7);
    assert_eq!(TrySendError::Closed("last").into_inner(), "last");
}

#[test]
fn defaults_are_what_new_makes() {
    assert_eq!(format!("{:?}", Options::default()), format!("{:?}", Options::new()));
    assert_eq!(format!("{:?}", Timeline::default()), format!("{:?}", Timeline::new()));
    assert_eq!(Timeline::default().to_text(40), "nothing was recorded\n");
}

fn a_guest_that_was_awaited_shows_that_it_has_resolved() {
    let (service, driver) = settled::<()>().name("service").open();
    let mut driver = by_hand(driver);
    let mut guest = service.task().name("guest").enter(async { Ok(Unprintable) });
    let shown = format!("{guest:?}");
    assert!(shown.contains("name: \"guest\""), "{shown}");
    {
        let mut awaited = by_hand(&mut guest);
        assert!(awaited.poll_until_idle().is_pending());
        assert!(driver.poll_until_idle().is_pending());
        assert!(awaited.poll_until_idle().is_ready());
    }
    assert_eq!(format!("{guest:?}"), "Entered { resolved: true, .. }");
    drop(service);
    driver.finish().unwrap();
}

#[test]
fn a_blocking_call_shows_whether_it_was_given_to_the_pool() {
    let executor = HandExecutor::new();
    let mut run = by_hand(settled::<()>().runtime(executor.clone()).run(async |_| {
        let mut call = spawn_blocking(|| Unprintable).abandon();
        assert_eq!(format!("{call:?}"), "Unblocked { given: false, abandons: true, .. }");
        let waits = futures::poll!(&mut call).is_pending();
        assert_eq!(format!("{call:?}"), "Unblocked { given: true, abandons: true, .. }");
        Ok(waits)
    }));
    let settlement = run.finish().unwrap();
    assert!(settlement.value);
}

async fn a_stream_of_the_core_gives_what_its_body_sends() {
    use futures::TryStreamExt;
    let items = neutral_stream(2, async |_, tx| {
        for n in 0..5 {
            tx.send(n).await.map_err(std::io::Error::other)?;
        }
        Ok::<_, std::io::Error>(())
    });
    assert_eq!(items.try_collect::<Vec<_>>().await.unwrap(), [0, 1, 2, 3, 4]);
}

polled_on_every_runtime!(a_guest_that_was_awaited_shows_that_it_has_resolved);
on_every_runtime!(a_stream_of_the_core_gives_what_its_body_sends);
