//! One deadline and one cancellation through three gRPC services: a asks b, and b asks c.
//!
//! `cargo run -p purview-tower --example chain`
#![forbid(unsafe_code)]

mod counts;
mod hop;

use std::time::Duration;

use futures::StreamExt;
use purview::timeout;

use crate::hop::{Ask, Asking, Hop};

#[tokio::main]
async fn main() {
    let chain = Hop::chain().await;
    let asking = Asking::new(chain[0].address);

    // The deadline of the caller is seen at each hop, a little less at each.
    let told = timeout(Duration::from_secs(2), asking.ask(Ask { wait: false })).await;
    for (name, left) in ["a", "b", "c"]
        .iter()
        .zip(told.expect("in time").expect("answered").left)
    {
        println!("{name} has {:?} left", Duration::from_micros(left));
    }

    // A stream lasts as long as its request: what is told here comes from c. The client disconnects in the middle of it.
    let stream = asking.watch(Ask::default()).await.expect("answered");
    println!("{} told", stream.take(3).count().await);

    // c does not answer, and the client disconnects.
    let waiting = tokio::spawn(async move { asking.ask(Ask { wait: true }).await });
    chain[0].counts.until_begun(2).await;
    waiting.abort();

    for (name, hop) in ["a", "b", "c"].iter().zip(chain) {
        let (_, counts) = hop.shut_down().await;
        println!("{name}: {} begun, {} cleaned up", counts.begun(), counts.cleaned());
        assert_eq!(counts.begun(), counts.cleaned());
    }
}
