//! Streams of futures, streams fed by a child, attempts and rates: what goes on while the body awaits something else.
#![forbid(unsafe_code)]

mod buffered_streams;
mod producers;
mod rates;
mod retries;
