use std::{
    io,
    net::TcpStream,
    time::{Duration, Instant},
};

use async_io::Async;
use futures::AsyncWriteExt;
use purview::{FailFast, Scope, fail_fast, shield};
use purview_examples::cli;

use crate::{args::Args, journal::Journal, lines::Lines, roster::Presence};

/// What keeps a client that does not read from delaying the end of its connection.
const GOODBYE: Duration = Duration::from_secs(1);

/// Serves one client until it disconnects or sends nothing for too long, or the server stops.
pub(crate) async fn serve(stream: Async<TcpStream>, journal: &Journal, args: &Args, mut presence: Presence<'_>) {
    let mut lines = Lines::new(&stream);
    let mut served = false;
    let ended = fail_fast::<io::Error>()
        .name(presence.peer().to_string())
        .run(async |s| {
            s.defer(say_goodbye(&stream));
            let result = converse(&s, &mut lines, &stream, journal, args, &mut presence).await;
            served = true;
            result
        })
        .await;
    if let Err(error) = ended {
        if error.is_failed() {
            cli::warn(error);
        }
    }
    // After the grace, the scope drops its body, runs the finalizers, and only then returns here.
    if served {
        presence.finish();
    }
}

/// Answers lines until the client disconnects or the scope is cancelled, and then those that had arrived.
async fn converse(
    s: &Scope<'_, FailFast<io::Error>>,
    lines: &mut Lines<'_>,
    stream: &Async<TcpStream>,
    journal: &Journal,
    args: &Args,
    presence: &mut Presence<'_>,
) -> io::Result<()> {
    // Waiting on the scope's token holds: a scope that is cancelled polls us on, instead of dropping us.
    let token = s.token();
    loop {
        // Too late only when the scope is being cancelled, which the token says next.
        let _ = s.set_deadline(Instant::now().checked_add(args.idle));
        match token.run_until_cancelled(lines.next()).await {
            Some(line) => match line? {
                Some(line) if line != "quit" => {
                    shield(answer(stream, journal, args, presence, &line)).await?;
                }
                _ => return Ok(()),
            },
            None => break,
        }
    }
    shield(async {
        for _ in 0..lines.begun()? {
            if let Some(line) = lines.next().await? {
                answer(stream, journal, args, presence, &line).await?;
            }
        }
        Ok(())
    })
    .await
}

async fn answer(
    mut stream: &Async<TcpStream>,
    journal: &Journal,
    args: &Args,
    presence: &mut Presence<'_>,
    line: &str,
) -> io::Result<()> {
    if let Some(block) = args.block {
        std::thread::sleep(block);
    }
    if let Some(work) = args.work {
        purview::sleep(work).await;
    }
    let number = journal.record(presence.peer(), line);
    stream.write_all(format!("ok {number}\n").as_bytes()).await?;
    presence.line_answered();
    Ok(())
}

async fn say_goodbye(mut stream: &Async<TcpStream>) {
    // The client may have disconnected, or may not be listening; there is nothing more to do.
    let _ = purview::timeout(GOODBYE, stream.write_all(b"bye\n")).await;
}
