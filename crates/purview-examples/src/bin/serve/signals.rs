use std::io;

use async_signal::{Signal, Signals};
use futures::StreamExt;
use purview::{CancelToken, inspect};
use purview_examples::cli;

/// SIGTERM and Ctrl-C, and SIGUSR1 for a look at what is alive, on the reactor that serves the sockets.
pub(crate) fn listen() -> io::Result<Signals> {
    if cfg!(unix) {
        Signals::new([Signal::Term, Signal::Int, Signal::Usr1])
    } else {
        Signals::new([Signal::Int])
    }
}

/// The first signal cancels `stop`, the second one `hurry`, and SIGUSR1 prints the tree; meant to be a daemon.
pub(crate) async fn watch(mut signals: Signals, stop: &CancelToken, hurry: &CancelToken) -> io::Result<()> {
    let mut tokens = [stop, hurry].into_iter();
    while let Some(signal) = signals.next().await {
        match signal? {
            Signal::Usr1 => cli::warn(inspect::snapshot().to_string().trim_end()),
            signal => match tokens.next() {
                Some(token) => token.cancel_with(name(signal)),
                None => break,
            },
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
