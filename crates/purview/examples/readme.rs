//! The first program of the README, word for word.

use std::{io, time::Duration};

async fn size(page: &str) -> io::Result<usize> {
    purview::sleep(Duration::from_millis(10)).await; // stands for a request: any future will do
    Ok(page.len())
}

async fn total() -> io::Result<usize> {
    let pages: Vec<String> = "/ /guide /cookbook".split(' ').map(String::from).collect();
    purview::try_scope(async |s| {
        // The children borrow `pages` from this function, and run side by side.
        let sizes: Vec<_> = pages.iter().map(|page| s.spawn(size(page))).collect();
        let mut total = 0;
        for size in sizes {
            total += size.await; // the value; a failure of any child ends the scope instead
        }
        Ok(total)
    })
    .await
}

fn main() {
    println!("{} bytes", purview::block_on(total()).unwrap());
}
