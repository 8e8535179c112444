//! Policies of one's own: what one is asked, and what happens where it says nothing. And those that are built in, asked
//! by hand.
#![forbid(unsafe_code)]

mod a_panic_over_a_result;
mod built_in;
mod the_body_ends_once;
mod what_a_policy_need_not_say;
