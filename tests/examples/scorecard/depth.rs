//! How deep scopes nest in a thread with a small stack.

use std::{
    env,
    future::pending,
    process::{Command, Stdio},
    thread,
};

use futures::future::BoxFuture;
use purview::CancelToken;
use purview_tests::by_hand;

const STACK: usize = 256 * 1024;
/// Deeper is not looked for.
const MOST: usize = 4096;

/// What is done to the scopes: they are polled until they all wait; and then cancelled, or dropped.
pub(crate) const WAYS: [&str; 3] = ["poll", "cancel", "drop"];

/// The deepest nest that this process, started anew for each, survives.
pub(crate) fn deepest(how: &str) -> usize {
    let (mut survived, mut fatal) = (0, MOST + 1);
    let mut next = 1000;
    while fatal - survived > 1 {
        if survives(how, next) {
            survived = next;
        } else {
            fatal = next;
        }
        next = survived.midpoint(fatal);
        if survived == 1000 && fatal > MOST {
            next = MOST;
        }
    }
    survived
}

fn survives(how: &str, scopes: usize) -> bool {
    let me = env::current_exe().expect("the path of this program");
    Command::new(me)
        .args(["depth", how, &scopes.to_string()])
        .stderr(Stdio::null())
        .status()
        .expect("this program can be started")
        .success()
}

/// Nests so many scopes and ends them in this way; the overflow of the stack ends the process.
pub(crate) fn nest(how: &str, scopes: usize) {
    let how = how.to_owned();
    let work = move || {
        let token = CancelToken::new();
        let outermost = purview::fail_fast::<()>().cancel_on(&token);
        let mut run = by_hand(outermost.run(async |_| {
            nested(scopes - 1).await;
            Ok(())
        }));
        assert!(run.poll_until_idle().is_pending());
        match how.as_str() {
            // No other drop runs below it.
            "poll" => std::process::exit(0),
            "cancel" => {
                token.cancel();
                drop(run.finish());
            }
            "drop" => drop(run),
            _ => panic!("{how} is none of {WAYS:?}"),
        }
    };
    let worker = thread::Builder::new().stack_size(STACK).spawn(work).expect("a thread");
    worker.join().expect("the nest holds");
}

/// Each scope waits for a child, in which the next one is.
fn nested(scopes: usize) -> BoxFuture<'static, ()> {
    Box::pin(async move {
        if scopes == 0 {
            return pending().await;
        }
        purview::scope(async |s| {
            s.spawn(nested(scopes - 1)).await;
        })
        .await;
    })
}
