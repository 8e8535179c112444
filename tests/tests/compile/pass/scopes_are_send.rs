//! A scope of `Send` children is `Send`, with borrows in it, behind a timeout, and with a lifetime in its error.
use std::time::Duration;

fn sent<T: Send>(future: T) -> T {
    future
}

async fn fails<'a>(text: &'a str) -> Result<usize, &'a str> {
    purview::try_scope(async |s| Ok(s.spawn(async move { Err::<usize, &'a str>(text) }).await)).await
}

fn main() {
    let text = String::from("borrowed");
    let scope = sent(purview::scope(async |s| s.spawn(async { text.len() }).await));
    let bounded = sent(async { purview::timeout(Duration::from_secs(1), fails(&text)).await });
    let literal = sent(async { purview::timeout(Duration::from_secs(1), fails("static")).await });
    drop((scope, bounded, literal));
}
