//! Eight children that compute, as parallel children and as plain ones: what a second core is worth.
//!
//! Plain children share the task of their scope, and so one core. On two cores the same work spread by `spawn_parallel`
//! should take half the time; 0.6 is the target. Where other programs use the machine too there is no whole second core; so the
//! same is also measured by the time that the busiest thread was on a core, which is what it would take with a core for
//! each.

use std::{hint::black_box, sync::Arc, thread, time::Instant};

use purview::{Embedded, Runtime};
use purview_async_std::AsyncStd;
use purview_bench::{many_threads, yield_now};
use purview_smol::Smol;
use purview_tokio::Tokio;

use crate::{numbers::nanoseconds, on_core::OnCore, rounds::median, table::Table};

const CHILDREN: u64 = 8;
/// Steps between two yields, about a tenth of a millisecond, and how many of these.
const STEPS: u64 = 100_000;
const YIELDS: u64 = 100;

/// Computes, and yields now and then as a well-behaved child does.
async fn compute(seed: u64) -> u64 {
    let mut value = seed;
    for _ in 0..YIELDS {
        for _ in 0..STEPS {
            value = black_box(value.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1));
        }
        yield_now().await;
    }
    value
}

async fn work(runtime: Arc<dyn Runtime>, parallel: bool) -> u64 {
    purview::with_policy(purview::JoinAll::new())
        .runtime(runtime)
        .run(async |s| {
            let children: Vec<_> = (0..CHILDREN)
                .map(|seed| {
                    if parallel {
                        s.spawn_parallel(compute(seed))
                    } else {
                        s.spawn(compute(seed))
                    }
                })
                .collect();
            let mut sum = 0_u64;
            for child in children {
                sum = sum.wrapping_add(child.await);
            }
            sum
        })
        .await
}

/// The same on as many threads, or on one: where other programs use the machine too, there is no whole second core.
fn threads(parallel: bool) -> u64 {
    let compute = |seed| futures::executor::block_on(compute(seed));
    if !parallel {
        return (0..CHILDREN).map(compute).fold(0, u64::wrapping_add);
    }
    thread::scope(|s| {
        let threads: Vec<_> = (0..CHILDREN).map(|seed| s.spawn(move || compute(seed))).collect();
        let sums = threads.into_iter().map(|thread| thread.join().expect("it computes"));
        sums.fold(0, u64::wrapping_add)
    })
}

/// The median of the ratios, each of one turn; the system counts a thread's time, so that waiting for a core is left out.
fn by_the_busiest_thread(rounds: usize, run: &dyn Fn(bool) -> u64) -> String {
    let busiest = |parallel| {
        let before = OnCore::now();
        run(parallel);
        OnCore::now().busiest_since(&before).as_secs_f64()
    };
    let ratio = median((0..rounds).map(|_| busiest(true) / busiest(false)).collect());
    match ratio {
        Some(ratio) if ratio.is_finite() => format!("{ratio:.2}"),
        _ => "not known".to_owned(),
    }
}

/// Both in turns, each of them first every other time.
fn row(rounds: usize, name: &str, keeps_its_threads: bool, run: &dyn Fn(bool) -> u64) -> [String; 5] {
    let expected = run(false);
    let time = |parallel| {
        let began = Instant::now();
        assert_eq!(run(parallel), expected);
        began.elapsed().as_secs_f64()
    };
    let (mut parallel, mut plain) = (Vec::new(), Vec::new());
    for round in 0..rounds {
        if round % 2 == 0 {
            parallel.push(time(true));
            plain.push(time(false));
        } else {
            plain.push(time(false));
            parallel.push(time(true));
        }
    }
    let ratio = median(
        parallel
            .iter()
            .zip(&plain)
            .map(|(parallel, plain)| parallel / plain)
            .collect(),
    );
    let time = |all| nanoseconds(median(all).expect("there is a round") * 1e9);
    [
        name.to_owned(),
        time(parallel),
        time(plain),
        format!("{:.2}", ratio.expect("there is a round")),
        if keeps_its_threads {
            by_the_busiest_thread(rounds, run)
        } else {
            "-".to_owned()
        },
    ]
}

/// Of so many rounds.
pub(crate) fn measure(rounds: usize) -> Table {
    let tokio = many_threads();
    let mut table = Table::new([
        "runtime",
        "8 parallel children",
        "the same 8 as plain children",
        "ratio",
        "ratio, by the busiest thread",
    ]);
    table.row(row(
        rounds,
        "none, but `std::thread`: what the machine gives",
        false,
        &threads,
    ));
    table.row(row(rounds, "tokio, multi-thread", true, &|parallel| {
        tokio.block_on(work(Arc::new(Tokio::new(tokio.handle().clone())), parallel))
    }));
    table.row(row(rounds, "smol", true, &|parallel| {
        smol::block_on(work(Arc::new(Smol), parallel))
    }));
    table.row(row(rounds, "async-std", true, &|parallel| {
        async_std::task::block_on(work(Arc::new(AsyncStd), parallel))
    }));
    table.row(row(
        rounds,
        "embedded (no executor: all in one task)",
        true,
        &|parallel| purview::block_on(work(Arc::new(Embedded), parallel)),
    ));
    table
}
