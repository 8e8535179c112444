//! A token that lives long does not remember the children, waiters and scopes that came and went.

use purview::{CancelToken, fail_fast};
use purview_tests::by_hand;

use crate::meter::Meter;

const WARM_UP: usize = 1_000;
const ROUNDS: usize = 100_000;

fn does_not_grow(token: &CancelToken, once: impl Fn(&CancelToken)) {
    let meter = Meter::take_turn();
    let mut before = 0;
    for i in 0..ROUNDS {
        if i == WARM_UP {
            before = meter.bytes();
        }
        once(token);
    }
    meter.assert_back_to(before);
}

#[test]
fn with_children_that_are_dropped() {
    does_not_grow(&CancelToken::new(), |token| drop(token.child().child()));
}

#[test]
fn with_children_that_are_cancelled_and_dropped() {
    does_not_grow(&CancelToken::new(), |token| {
        let child = token.child();
        child.cancel();
        drop((child.child(), child));
    });
}

#[test]
fn with_waiters_that_give_up() {
    does_not_grow(&CancelToken::new(), |token| {
        let child = token.child();
        assert!(by_hand(token.cancelled()).poll().is_pending());
        assert!(by_hand(child.cancelled()).poll().is_pending());
        assert!(
            by_hand(token.run_until_cancelled(std::future::pending::<()>()))
                .poll()
                .is_pending()
        );
    });
}

#[test]
fn with_scopes_that_listen_to_it() {
    let token = CancelToken::new();
    let meter = Meter::take_turn();
    let mut before = 0;
    for i in 0..ROUNDS / 10 {
        if i == WARM_UP {
            before = meter.bytes();
        }
        let mut run = by_hand(
            fail_fast::<()>()
                .cancel_on(&token)
                .run(async |s| Ok(s.spawn(async { Ok(i) }).await)),
        );
        assert_eq!(run.finish().ok(), Some(i));
        drop(
            by_hand(
                fail_fast::<()>()
                    .cancel_on(&token)
                    .run(async |_| std::future::pending::<Result<(), _>>().await),
            )
            .poll(),
        );
    }
    meter.assert_back_to(before);
}
