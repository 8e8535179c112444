//! The first program of the README, unchanged, in every place where a program starts.
#![forbid(unsafe_code)]

use std::{io, time::Duration};

async fn size(page: &str) -> io::Result<usize> {
    // A stand-in for a network request.
    purview::sleep(Duration::from_millis(10)).await;
    Ok(page.len())
}

async fn total() -> io::Result<usize> {
    let pages = ["/guide".to_owned(), "/cookbook".to_owned()];
    purview::try_scope(async |s| {
        // Both run at once, and borrow `pages`.
        let guide = s.spawn(size(&pages[0]));
        let cookbook = s.spawn(size(&pages[1]));
        // An error of either cancels the other and is returned.
        Ok(guide.await + cookbook.await)
    })
    .await
}

#[test]
fn it_is_the_program_of_the_readme() {
    fn function<'a>(text: &'a str, head: &str) -> &'a str {
        let from = text.find(head).unwrap_or_else(|| panic!("no `{head}`"));
        let to = text[from..].find("\n}\n").expect("the function ends");
        &text[from..from + to]
    }
    let (readme, here) = (include_str!("../../README.md"), include_str!("readme.rs"));
    for head in ["async fn size(", "async fn total("] {
        assert_eq!(function(readme, head), function(here, head));
    }
}

#[test]
fn no_row_of_its_tables_stands_twice() {
    let rows: Vec<_> = include_str!("../../README.md")
        .lines()
        .filter(|line| line.starts_with("| ") && line.contains("| "))
        .collect();
    assert!(rows.len() > 40, "the tables were not found");
    for (at, row) in rows.iter().enumerate() {
        assert!(!rows[..at].contains(row), "twice: {row}");
    }
}

#[tokio::main]
async fn in_a_tokio_main() -> io::Result<usize> {
    total().await
}

#[tokio::main(flavor = "current_thread")]
async fn in_a_spawned_task() -> io::Result<usize> {
    tokio::spawn(total()).await.expect("it does not panic")
}

#[tokio::main(flavor = "current_thread")]
async fn in_a_spawned_block() -> io::Result<usize> {
    tokio::spawn(async {
        let pages = ["/guide".to_owned(), "/cookbook".to_owned()];
        purview::try_scope(async |s| {
            // Both run at once, and borrow `pages`.
            let guide = s.spawn(size(&pages[0]));
            let cookbook = s.spawn(size(&pages[1]));
            // An error of either cancels the other and is returned.
            Ok(guide.await + cookbook.await)
        })
        .await
    })
    .await
    .expect("it does not panic")
}

mod in_an_async_std_main {
    #[async_std::main]
    pub(super) async fn main() -> std::io::Result<usize> {
        super::total().await
    }
}

#[test]
fn it_runs_in_a_tokio_main() {
    assert_eq!(in_a_tokio_main().ok(), Some(15));
}

#[test]
fn it_runs_in_a_spawned_tokio_task() {
    assert_eq!(in_a_spawned_task().ok(), Some(15));
    assert_eq!(in_a_spawned_block().ok(), Some(15));
}

#[test]
fn it_runs_in_a_tokio_local_set() {
    let executor = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a tokio runtime");
    let tasks = tokio::task::LocalSet::new();
    let task = tasks.run_until(async { tokio::task::spawn_local(total()).await });
    assert_eq!(executor.block_on(task).expect("it does not panic").ok(), Some(15));
}

#[test]
fn it_runs_in_smol() {
    assert_eq!(smol::block_on(total()).ok(), Some(15));
    assert_eq!(smol::block_on(smol::spawn(total())).ok(), Some(15));
}

#[test]
fn it_runs_in_an_async_std_main() {
    assert_eq!(in_an_async_std_main::main().ok(), Some(15));
}

#[test]
fn it_runs_in_async_std() {
    assert_eq!(async_std::task::block_on(total()).ok(), Some(15));
    assert_eq!(
        async_std::task::block_on(async_std::task::spawn(total())).ok(),
        Some(15)
    );
}

#[test]
fn it_runs_in_a_plain_function() {
    assert_eq!(purview::block_on(total()).ok(), Some(15));
    assert_eq!(futures::executor::block_on(total()).ok(), Some(15));
}
