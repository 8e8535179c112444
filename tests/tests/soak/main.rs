//! What is allocated when Purview has run for long: as much as when it began.
//!
//! One test, because the count is the whole process's; it goes through the runtimes one after the other. By default it is
//! over in seconds. `ci/soak.sh` runs it at full size, each runtime in a process of its own:
//!
//! | variable | says | default |
//! |---|---|---|
//! | `PURVIEW_SOAK_SPAWNS` | how many children are spawned and cancelled, and how many end by themselves | 10,000 |
//! | `PURVIEW_SOAK_SCOPES` | how many scopes are opened and ended | 2,000 |
//! | `PURVIEW_SOAK_MINUTES` | how long an open scope is under load | a tenth of a second |
//! | `PURVIEW_SOAK_RUNTIME` | which runtime, where it is to be only one | all |
//! | `PURVIEW_HANG` | after how many seconds a runtime is taken to hang | 180 |
//!
//! What it measures is printed as lines of `soak RUNTIME PHASE KEY=VALUE..`. A number of 0 leaves its
//! phase out.
#![forbid(unsafe_code)]

mod children;
mod load;
mod meter;
mod phase;
mod scale;
mod scopes;

use std::sync::Arc;

use purview_test::VirtualRuntime;
use purview_tests::AnyRuntime;

use crate::phase::{Phase, Work};

/// Soaks the runtime of this name.
type Soak = fn(&'static str);

const RUNTIMES: [(&str, Soak); 6] = [
    ("embedded", |name| {
        purview_tests::embedded(move |runtime| soak(name, runtime));
    }),
    ("tokio-current-thread", |name| {
        purview_tests::tokio_current_thread(move |runtime| soak(name, runtime));
    }),
    ("tokio-multi-thread", |name| {
        purview_tests::tokio_multi_thread(move |runtime| soak(name, runtime));
    }),
    ("smol", |name| purview_tests::smol(move |runtime| soak(name, runtime))),
    ("async-std", |name| {
        purview_tests::async_std(move |runtime| soak(name, runtime));
    }),
    ("virtual", |name| {
        let runtime = VirtualRuntime::new();
        runtime.run(soak(name, Arc::new(runtime.clone())));
    }),
];

async fn soak(name: &'static str, runtime: AnyRuntime) {
    let phase = Phase::new(name, runtime);
    let phases = [
        (
            "cancelled",
            scale::spawns(),
            Work::InOneOpenScope(|s, _, n| Box::pin(children::spawned_and_cancelled(s, n))),
        ),
        (
            "short",
            scale::spawns(),
            Work::InOneOpenScope(|s, _, n| Box::pin(children::short(s, n))),
        ),
        (
            "scopes",
            scale::scopes(),
            Work::Alone(|runtime, n| Box::pin(scopes::opened_and_ended(runtime, n))),
        ),
        (
            "load",
            scale::ticks(),
            Work::InOneOpenScope(|s, runtime, n| Box::pin(load::under_load(s, runtime, n))),
        ),
    ];
    for (what, count, work) in phases {
        if count > 0 {
            phase.leaves_nothing(what, count, work).await;
        }
    }
}

#[test]
fn as_much_is_allocated_after_as_before() {
    let only = std::env::var("PURVIEW_SOAK_RUNTIME").ok();
    let mut any = false;
    for (name, run) in RUNTIMES {
        if only.as_deref().is_none_or(|only| only == name) {
            run(name);
            any = true;
        }
    }
    assert!(any, "no runtime is called {only:?}");
}
