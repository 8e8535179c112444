//! Streams with a scope of their own, and senders that lose nothing.
#![forbid(unsafe_code)]

mod belonging;
mod dropped_half_way;
mod it_drives_its_scope;
mod places_for_items;
mod the_last_item;
