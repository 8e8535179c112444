//! What users type, compiled against the facade: `snippets.rs` is the file that belongs to the design, word for word.
#![forbid(unsafe_code)]

#[rustfmt::skip]
#[allow(unused_qualifications, clippy::pedantic, clippy::useless_vec, reason = "the file is the design's, and stays as it is there")]
mod snippets;

/// What users type of bare errors and guests.
#[rustfmt::skip]
#[allow(unused_qualifications, clippy::pedantic, clippy::useless_vec, reason = "the file is the design's, and stays as it is there")]
mod errors_and_guests;
