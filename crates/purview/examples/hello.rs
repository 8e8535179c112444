//! Three downloads at the same time, in tasks that borrow from `main`.
//!
//! `cargo run -p purview --example hello`. A sleep stands in for each network request.

use std::time::{Duration, Instant};

/// How long a request for this page takes.
fn delay(page: &str) -> Duration {
    Duration::from_millis(20) * u32::try_from(page.len()).unwrap_or(u32::MAX)
}

async fn download(page: &str, start: &Instant) -> usize {
    println!("{:>3} ms: {page} begins", start.elapsed().as_millis());
    purview::sleep(delay(page)).await;
    println!("{:>3} ms: {page} ends", start.elapsed().as_millis());
    page.len()
}

fn main() {
    let pages: Vec<String> = ["/", "/guide", "/cookbook"].map(String::from).into();
    let start = Instant::now();

    let total = purview::block_on(purview::scope(async |s| {
        // The tasks borrow `pages` and `start`: the scope ends after every task in it.
        let tasks: Vec<_> = pages.iter().map(|page| s.spawn(download(page, &start))).collect();
        let mut total = 0;
        for task in tasks {
            total += task.await;
        }
        total
    }));

    let one_by_one: Duration = pages.iter().map(|page| delay(page)).sum();
    println!(
        "{total} bytes in {} ms; one after the other takes {} ms",
        start.elapsed().as_millis(),
        one_by_one.as_millis()
    );
}
