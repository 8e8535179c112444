//! The policies that are built in take what a child returned apart, and put it together again.

use std::convert::Infallible;

use purview::{FailFast, Fallible, JoinAll, Settled};

type Text = FailFast<&'static str>;
type Outcomes = Settled<&'static str>;

#[test]
fn children_of_a_plain_scope_cannot_fail() {
    let apart: Result<u32, Infallible> = JoinAll::into_result(7);
    assert_eq!(apart, Ok(7));
    assert_eq!(JoinAll::from_result(apart), Some(7));
}

#[test]
fn an_error_is_what_a_child_fails_with() {
    for child in [Ok(7), Err("no")] {
        assert_eq!(Text::into_result(child), child);
        assert_eq!(Text::from_result(child), Some(child));
        assert_eq!(Outcomes::into_result(child), child);
        assert_eq!(Outcomes::from_result(child), Some(child));
    }
}
