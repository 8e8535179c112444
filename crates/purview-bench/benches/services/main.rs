//! A page that asks three upstreams, as it is written with Purview and as it is written without, in turns, in one process.
//!
//! ```text
//! cargo bench -p purview-bench --bench services              # about half a minute
//! cargo bench -p purview-bench --bench services -- --quick   # a quarter of that
//! cargo bench -p purview-bench --bench services -- --parts   # also with the layer alone, and with the gather alone
//! ```
//!
//! With `PURVIEW_WAY=Purview` only the way of that name is taken, for a profiler.
//!
//! The service, its upstreams and its clients have a thread each and talk over the loopback interface. What counts is the
//! median of the ratios, each of one turn; the processor time is that of the service's thread alone.
#![forbid(unsafe_code)]

mod clients;
mod cpu;
mod fetch;
mod pages;
mod turns;
mod upstreams;

use std::{env, thread, time::Duration};

use tokio::runtime::{Builder, Runtime};

/// Runs `serve` in a thread of its own, which goes on serving; gives what it gives first.
fn in_thread<T: Send + 'static>(name: &str, serve: impl AsyncFnOnce() -> T + Send + 'static) -> T {
    let (said, begun) = std::sync::mpsc::channel();
    let thread = thread::Builder::new().name(name.to_owned()).spawn(move || {
        runtime().block_on(async {
            let begun = serve().await;
            said.send(begun).expect("the bench waits for it");
            std::future::pending::<()>().await;
        });
    });
    drop(thread.expect("a thread"));
    begun.recv().expect("it serves")
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("a runtime")
}

fn main() {
    // Cargo adds `--bench`.
    let has = |flag: &str| env::args().any(|text| text == flag);
    let (quick, parts) = (has("--quick"), has("--parts"));
    let (rounds, turn) = if quick {
        (9, Duration::from_millis(250))
    } else {
        (25, Duration::from_millis(400))
    };
    let only = env::var("PURVIEW_WAY").ok();
    let upstreams = in_thread("upstreams", async || upstreams::serve().await);
    let mut service = in_thread("service", async move || pages::serve(upstreams, parts).await);
    service
        .ways
        .retain(|way| only.as_ref().is_none_or(|name| way.name == name));
    let measured = runtime().block_on(turns::take(&service, rounds, turn));
    println!("{}", turns::report(&measured));
}
