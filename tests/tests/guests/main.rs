//! Guests: futures that something else polls, and that are members of a scope all the same.
#![forbid(unsafe_code)]

mod awaited_in_unusual_places;
mod cancelled_by_its_scope;
mod clients_that_disconnect;
mod dropped_by_what_awaits_it;
mod it_belongs_to_the_scope;
mod limits_count_it;
mod shutdown_waits_for_it;
mod where_it_does_not_begin;
