//! What becomes of futures that end when the gather around them has been cut: while they hold, or just as they release the hold.

use std::{
    cell::RefCell,
    future::{Future, Ready, pending, poll_fn, ready},
    pin::Pin,
    rc::Rc,
};

use futures::{FutureExt, StreamExt};
use purview::{CancelReason, CancelToken, TaskError, gather, shield};
use purview_tests::{Gate, Log, by_hand, caught, polled_on_every_runtime};

fn fails() -> Ready<Result<&'static str, &'static str>> {
    ready(Err("no"))
}

fn one_that_lets_go_is_dropped_at_its_next_suspension_and_is_no_failure() {
    let (gate, log) = (Gate::new(), Log::new());
    let holder = || {
        log.traced("holder", async {
            shield(gate.wait()).await;
            pending::<Result<&str, &str>>().await
        })
    };
    let mut all = by_hand(gather([holder().boxed_local(), fails().boxed_local()]));
    assert!(all.poll_until_idle().is_pending());
    gate.open();
    let error = all.finish().expect_err("one failed");
    assert_eq!((error.to_string().as_str(), error.failures().len()), ("task-1: no", 1));
    assert_eq!(log.entries(), ["holder polled", "holder polled", "holder dropped"]);

    let gate_again = Gate::new();
    let holds = async {
        shield(gate_again.wait()).await;
        pending::<Result<&str, &str>>().await
    };
    let mut all = by_hand(gather!(holds, fails()));
    assert!(all.poll_until_idle().is_pending());
    gate_again.open();
    let error = all.finish().expect_err("one failed");
    assert_eq!((error.to_string().as_str(), error.failures().len()), ("task-1: no", 1));
}

type Held = Rc<RefCell<Option<Pin<Box<dyn Future<Output = ()>>>>>>;

/// Holds through a shield that another task can drop.
fn holds_through(held: &Held) -> impl Future<Output = Result<(), ()>> + use<> {
    let held = held.clone();
    async move {
        poll_fn(|cx| {
            held.borrow_mut()
                .as_mut()
                .expect("it has not been dropped")
                .as_mut()
                .poll(cx)
        })
        .await;
        Ok(())
    }
}

fn one_whose_hold_is_let_go_elsewhere_is_dropped_without_another_poll() {
    let held: [Held; 2] = std::array::from_fn(|_| Rc::new(RefCell::new(Some(shield(pending::<()>()).boxed_local()))));
    let (token, log) = (CancelToken::new(), Log::new());
    let mut alike = by_hand(gather([log.traced("alike", holds_through(&held[0]))]).cancel_on(&token));
    let mut mixed = by_hand(gather!(log.traced("mixed", holds_through(&held[1]))).cancel_on(&token));
    assert!(alike.poll_until_idle().is_pending() && mixed.poll_until_idle().is_pending());
    token.cancel();
    assert!(alike.poll_until_idle().is_pending() && mixed.poll_until_idle().is_pending());
    log.clear();
    for held in held {
        drop(held.take());
    }
    assert!(alike.finish().is_err() && mixed.finish().is_err());
    assert_eq!(log.entries(), ["alike dropped", "mixed dropped"]);
}

fn what_losers_of_a_race_end_with_is_dropped_but_for_a_panic() {
    let gate = Gate::new();
    let loser = |panics: bool| {
        let gate = &gate;
        async move {
            shield(gate.wait()).await;
            assert!(!panics, "a sore loser");
            Ok::<_, &str>("late")
        }
    };
    let winner = || async { Ok("won") };
    let mut first = by_hand(gather([loser(false).boxed_local(), winner().boxed_local()]).first());
    let mut success = by_hand(gather([loser(false).boxed_local(), winner().boxed_local()]).first_success());
    let mut quorum = by_hand(gather([loser(false).boxed_local(), winner().boxed_local()]).quorum(1));
    let mut sore = by_hand(caught(
        gather([loser(true).boxed_local(), winner().boxed_local()]).first(),
    ));
    let mut sorer = by_hand(caught(
        gather([loser(true).boxed_local(), winner().boxed_local()]).first_success(),
    ));
    assert!(first.poll_until_idle().is_pending(), "losers that hold are waited for");
    assert!(success.poll_until_idle().is_pending() && quorum.poll_until_idle().is_pending());
    assert!(sore.poll_until_idle().is_pending() && sorer.poll_until_idle().is_pending());
    gate.open();
    assert!(matches!(first.finish(), Ok((1, Ok("won")))));
    assert_eq!(success.finish().ok(), Some((1, "won")));
    assert_eq!(quorum.finish().ok(), Some(vec![(1, "won")]));
    assert_eq!(sore.finish().map(drop), Err("a sore loser".to_owned()));
    assert_eq!(sorer.finish().map(drop), Err("a sore loser".to_owned()));
}

fn a_value_that_a_holder_ends_with_is_kept_where_each_is_reported() {
    let (token, gate) = (CancelToken::new(), Gate::new());
    let holder = |gate: Gate| async move {
        shield(gate.wait()).await;
        Ok::<_, ()>(7)
    };
    let alike = [holder(gate.clone()).boxed_local(), pending().boxed_local()];
    let mut alike = by_hand(gather(alike).settled().cancel_on(&token));
    let mut mixed = by_hand(
        gather!(holder(gate.clone()), pending::<Result<(), ()>>())
            .settled()
            .cancel_on(&token),
    );
    assert!(alike.poll_until_idle().is_pending() && mixed.poll_until_idle().is_pending());
    token.cancel();
    assert!(alike.poll_until_idle().is_pending() && mixed.poll_until_idle().is_pending());
    gate.open();
    assert!(matches!(
        alike.finish()[..],
        [Ok(7), Err(TaskError::Cancelled(CancelReason::Requested(None)))]
    ));
    assert!(matches!(
        mixed.finish(),
        (Ok(7), Err(TaskError::Cancelled(CancelReason::Requested(None))))
    ));
}

fn a_stream_of_results_that_has_ended_stays_at_its_end() {
    let mut done = gather([fails()]).as_completed();
    let mut next = || by_hand(done.next()).finish();
    assert!(matches!(next(), Some((0, Err(TaskError::Failed("no"))))));
    assert!(next().is_none());
    assert!(next().is_none(), "and again");
}

polled_on_every_runtime!(
    one_that_lets_go_is_dropped_at_its_next_suspension_and_is_no_failure,
    one_whose_hold_is_let_go_elsewhere_is_dropped_without_another_poll,
    what_losers_of_a_race_end_with_is_dropped_but_for_a_panic,
    a_value_that_a_holder_ends_with_is_kept_where_each_is_reported,
    a_stream_of_results_that_has_ended_stays_at_its_end,
);
