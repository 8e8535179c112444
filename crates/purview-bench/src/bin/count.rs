//! `count <n> [<key load>..]`: prints what each of these key loads, or every one, needs for `n`.
//!
//! A line for each: its name, of what the figures are, and how many allocations, bytes and polls of children one of these
//! takes; for `held/..`, the bytes held by a child that waits. What is made once for a process or a thread has been made
//! before.
#![forbid(unsafe_code)]

use std::alloc::System;

use purview_bench::{
    held,
    key::{self, Key},
    polls,
};
use stats_alloc::{INSTRUMENTED_SYSTEM, Stats, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

#[derive(Clone, Copy)]
struct Now {
    allocator: Stats,
    polls: usize,
}

impl Now {
    fn read() -> Self {
        Self {
            allocator: ALLOCATOR.stats(),
            polls: polls(),
        }
    }

    /// Reallocations, as of a vector that grows, included.
    fn allocations(&self) -> usize {
        self.allocator.allocations + self.allocator.reallocations
    }
}

#[allow(clippy::cast_precision_loss, reason = "a few million at most")]
fn each(count: usize, units: usize) -> String {
    format!("{:.3}", count as f64 / units as f64)
}

fn print_counts(key: &Key, n: usize) {
    (key.run)(n);
    let before = Now::read();
    (key.run)(n);
    let after = Now::read();
    let units = (key.units)(n);
    let [allocations, bytes, polls] = [
        after.allocations() - before.allocations(),
        after.allocator.bytes_allocated - before.allocator.bytes_allocated,
        after.polls - before.polls,
    ]
    .map(|count| each(count, units));
    println!("{} {} {allocations} {bytes} {polls}", key.name, key.per);
}

fn print_held(name: &str, hold: held::Hold, n: usize) {
    hold(n, &mut || ());
    let in_use = || {
        let stats = ALLOCATOR.stats();
        stats.bytes_allocated - stats.bytes_deallocated
    };
    let before = in_use();
    let mut bytes = 0;
    hold(n, &mut || bytes = in_use() - before);
    println!("{name} child {}", each(bytes, n));
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let n = arguments.next().map_or(1_000, |n| n.parse().expect("a number"));
    let names: Vec<String> = arguments.collect();
    let asked = |name: &str| names.is_empty() || names.iter().any(|asked| asked == name);
    for key in key::all().filter(|key| asked(key.name)) {
        print_counts(key, n);
    }
    for (name, hold) in held::ALL.iter().filter(|(name, _)| asked(name)) {
        print_held(name, *hold, n);
    }
}
