use std::{
    convert::Infallible,
    io,
    net::{SocketAddr, TcpListener, TcpStream},
    time::Duration,
};

use async_io::Async;
use async_signal::Signals;
use purview::{CancelReason, CancelToken, ScopeError, fail_fast, settled};
use purview_examples::cli;

use crate::{args::Args, connection, journal::Journal, operator::Operator, roster::Roster, signals};

/// How long to wait when the system has no socket for a new connection.
pub(crate) const OUT_OF_SOCKETS: Duration = Duration::from_millis(100);

/// Serves until a signal comes and every connection has ended.
pub(crate) async fn run(
    args: &Args,
    listener: Async<TcpListener>,
    journal: &Journal,
    roster: &Roster,
    signals: Signals,
    operator: Option<&Operator>,
) -> Result<(), ScopeError<io::Error>> {
    let (stop, hurry) = (CancelToken::new(), CancelToken::new());
    fail_fast()
        .name("server")
        .runtime(args.runtime.runtime())
        .run(async |s| {
            // Runs when everything else has ended, whichever way it did.
            s.defer(journal.close());
            let flusher = journal.flush_every(args.flush_every);
            drop(s.task().name("flusher").daemon().spawn(flusher));
            let watch = signals::watch(signals, &stop, &hurry);
            drop(s.task().name("signals").daemon().spawn(watch));
            if let Some(operator) = operator {
                drop(s.task().name("operator").daemon().spawn(operator.serve()));
            }

            // A second signal drops the scope of the connections, and with it every one of them, at once.
            if hurry
                .run_until_cancelled(serve_all(args, listener, journal, roster, &stop))
                .await
                .is_none()
            {
                cli::say("second signal: no more waiting");
            }
            Ok(())
        })
        .await
}

/// Accepts connections until `stop`, then gives those that are open the grace period.
async fn serve_all(args: &Args, listener: Async<TcpListener>, journal: &Journal, roster: &Roster, stop: &CancelToken) {
    let ended = settled::<Infallible>()
        .name("connections")
        .grace(args.grace)
        .run(async |s| {
            // Started and not merely spawned: a child that was never polled waits for nothing, so it does not hold,
            // and cancellation would drop it before it has read what its client has sent.
            let welcome = async |stream: Async<TcpStream>, peer: SocketAddr| {
                let presence = roster.enter(peer);
                let started = s.start(|ready| async move {
                    ready.set(()).expect("the first and only time");
                    connection::serve(stream, journal, args, presence).await;
                    Ok(())
                });
                // What is being cancelled starts nothing; the roster knows.
                let _ = started.await;
            };
            while let Some(accepted) = stop.run_until_cancelled(listener.accept()).await {
                match accepted {
                    Ok((stream, peer)) => welcome(stream, peer).await,
                    Err(error) => {
                        cli::warn(format_args!("cannot accept a connection: {error}"));
                        purview::sleep(OUT_OF_SOCKETS).await;
                    }
                }
            }
            // Clients whose handshake the system has done already count as connected.
            while let Ok((stream, peer)) = listener.get_ref().accept() {
                if let Ok(stream) = Async::<TcpStream>::new(stream) {
                    welcome(stream, peer).await;
                }
            }
            drop(listener);

            let signal = match stop.reason() {
                Some(CancelReason::Requested(Some(signal))) => signal,
                _ => "stop".into(),
            };
            let open = roster.stop();
            cli::say(format_args!("{signal}: no new connections; still open: {open}"));
            s.cancel_with(signal);
            Ok(())
        })
        .await;
    if let Ok(settlement) = ended {
        for failure in settlement.failures {
            cli::warn(failure);
        }
    }
}
