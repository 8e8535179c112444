//! What users type, compiled against the facade: `snippets.rs` is the file that belongs to the design, word for word.
#![forbid(unsafe_code)]

#[rustfmt::skip]
#[allow(unused_qualifications, clippy::pedantic, reason = "the file is the design's, and stays as it is there")]
mod snippets;

/// `errors_and_guests.rs` with the guests only.
#[rustfmt::skip]
#[allow(unused_qualifications, clippy::pedantic, reason = "the lines are the design's, and stay as they are there")]
mod guests;
