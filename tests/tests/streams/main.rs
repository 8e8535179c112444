//! Streams of futures, streams fed by a child, attempts and rates: what goes on while somebody awaits something else.
#![forbid(unsafe_code)]

mod buffered_streams;
mod producers;
mod rates;
mod retries;
