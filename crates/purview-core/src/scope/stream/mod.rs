//! Streams of what a child sends, and the bounded queue between the two.

mod channel;
mod produce;
mod reserve;
mod scoped_stream;

pub use self::{
    channel::Sender,
    produce::Produced,
    reserve::Slot,
    scoped_stream::{ScopedStream, stream},
};
