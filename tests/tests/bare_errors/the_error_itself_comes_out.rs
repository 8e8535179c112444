//! The error that a child made is the one that the caller gets: its chain, its backtrace and its type are kept.

use std::{fmt, io, sync::Mutex, time::Duration};

use anyhow::Context;
use purview::{Stopped, fail_fast, try_gather};
use purview_tests::on_every_runtime;

/// An error at a place of its own in memory, with the backtrace of where it was made.
#[derive(Debug)]
struct Leaf(std::backtrace::Backtrace);

impl fmt::Display for Leaf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the disk is full")
    }
}

impl std::error::Error for Leaf {}

#[inline(never)]
fn where_it_was_made() -> Leaf {
    Leaf(std::backtrace::Backtrace::force_capture())
}

/// Fails, and notes where in memory the error is, and what anyhow says of where it was made.
async fn write(made: &Mutex<Option<(usize, String)>>) -> anyhow::Result<u32> {
    let error = Err::<u32, _>(where_it_was_made()).context("page 7").context("book");
    if let Err(error) = &error {
        let leaf: *const Leaf = error.downcast_ref().expect("it is there");
        *made.lock().unwrap() = Some((leaf.addr(), error.backtrace().to_string()));
    }
    error
}

fn is_the_very_error(error: &anyhow::Error, made: &Mutex<Option<(usize, String)>>) {
    let chain: Vec<_> = error.chain().map(ToString::to_string).collect();
    assert_eq!(chain, ["book", "page 7", "the disk is full"]);
    let leaf = error.downcast_ref::<Leaf>().expect("its type is kept");
    let (address, backtrace) = made.lock().unwrap().take().expect("a child has made it");
    let here: *const Leaf = leaf;
    assert_eq!(here.addr(), address);
    assert_eq!(error.backtrace().to_string(), backtrace);
    assert!(leaf.0.to_string().contains("where_it_was_made"), "{}", leaf.0);
}

async fn of_a_gather() {
    let made = Mutex::new(None);
    let error = try_gather([write(&made)]).await.unwrap_err();
    is_the_very_error(&error, &made);
    let error = purview::try_gather!(write(&made), async { Ok(()) }).await.unwrap_err();
    is_the_very_error(&error, &made);
}

async fn of_a_scope() {
    let made = Mutex::new(None);
    let error = fail_fast::<anyhow::Error>()
        .try_run(async |s| Ok(s.spawn(write(&made)).await))
        .await
        .unwrap_err();
    is_the_very_error(&error, &made);
}

async fn of_a_call() {
    let made = Mutex::new(None);
    let error = purview::gather([async { Ok::<_, io::Error>(()) }])
        .try_for_each(async |_, _| write(&made).await.map(drop))
        .await
        .unwrap_err();
    is_the_very_error(&error, &made);
}

async fn of_a_scope_under_eyre() {
    let error = fail_fast::<eyre::Report>()
        .try_run(async |s| {
            Ok(
                s.spawn(async { Err::<u32, _>(eyre::Report::new(where_it_was_made()).wrap_err("book")) })
                    .await,
            )
        })
        .await
        .unwrap_err();
    let chain: Vec<_> = error.chain().map(ToString::to_string).collect();
    assert_eq!(chain, ["book", "the disk is full"]);
    assert!(error.downcast_ref::<Leaf>().is_some());
}

async fn a_stop_can_be_told_by_its_type() {
    let error = try_gather([async { anyhow::Ok(1) }])
        .timeout(Duration::ZERO)
        .await
        .unwrap_err();
    assert!(error.downcast_ref::<Stopped>().unwrap().is_deadline_exceeded());
    let boxed = try_gather([async { Ok::<_, Box<dyn std::error::Error + Send + Sync>>(1) }])
        .timeout(Duration::ZERO)
        .await
        .unwrap_err();
    assert!(boxed.is::<Stopped>());
}

on_every_runtime!(
    of_a_gather,
    of_a_scope,
    of_a_call,
    of_a_scope_under_eyre,
    a_stop_can_be_told_by_its_type
);
