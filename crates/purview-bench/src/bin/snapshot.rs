//! `snapshot [<children>]`: how long a snapshot takes of so many children, 100,000 by default, while they run on another
//! thread.
//!
//! `cargo run --release -p purview-bench --no-default-features --bin snapshot`. Prints one line: the median, the shortest and
//! the longest of some snapshots, and what making the text of one takes.
#![forbid(unsafe_code)]

use std::{
    thread,
    time::{Duration, Instant},
};

use purview::{
    JoinAll, checkpoint,
    inspect::{self, Options},
    with_policy,
};

const TIMES: usize = 15;

fn main() {
    let argument = std::env::args().nth(1);
    let children: usize = argument.map_or(100_000, |n| n.parse().expect("a number of children"));
    inspect::enable(Options::new().max_nodes(children + 2)).expect("once");
    let (scope, driver) = with_policy(JoinAll::new()).name("many").open();
    for _ in 0..children {
        let token = scope.token();
        scope.spawn(async move {
            while !token.is_cancelled() {
                checkpoint().await;
            }
        });
    }
    let runs = thread::spawn(|| purview::block_on(driver));
    // Until each has been polled.
    while inspect::snapshot().nodes().iter().filter(|node| node.polls > 0).count() < children {}

    let mut took: Vec<Duration> = (0..TIMES)
        .map(|_| time(|| assert!(inspect::snapshot().nodes().len() > children)))
        .collect();
    took.sort_unstable();
    let tree = inspect::snapshot();
    let text = time(|| assert!(tree.to_string().len() > children));
    let [shortest, median, longest] = [took[0], took[TIMES / 2], took[TIMES - 1]].map(|took| took.as_secs_f64() * 1e3);
    println!(
        "snapshot of {children} children that run: {median:.1} ms ({shortest:.1} to {longest:.1}), as text {:.1} ms more",
        text.as_secs_f64() * 1e3
    );
    let shutdown = scope.shutdown(Duration::from_secs(60));
    purview::block_on(shutdown);
    runs.join().expect("it does not panic");
}

fn time(f: impl FnOnce()) -> Duration {
    let began = Instant::now();
    f();
    began.elapsed()
}
