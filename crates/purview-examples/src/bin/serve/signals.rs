use std::io;

use async_signal::{Signal, Signals};
use futures::StreamExt;
use purview::CancelToken;

/// SIGTERM and Ctrl-C, on the reactor that serves the sockets.
pub(crate) fn listen() -> io::Result<Signals> {
    if cfg!(unix) {
        Signals::new([Signal::Term, Signal::Int])
    } else {
        Signals::new([Signal::Int])
    }
}

/// The first signal cancels `stop`, the second one `hurry`; meant to be a daemon.
pub(crate) async fn watch(mut signals: Signals, stop: &CancelToken, hurry: &CancelToken) -> io::Result<()> {
    for token in [stop, hurry] {
        match signals.next().await {
            Some(signal) => token.cancel_with(name(signal?)),
            None => break,
        }
    }
    std::future::pending().await
}

fn name(signal: Signal) -> &'static str {
    match signal {
        Signal::Term => "SIGTERM",
        Signal::Int => "Ctrl-C",
        _ => "a signal",
    }
}
