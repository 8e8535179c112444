//! Eight children that compute, as parallel children and as plain ones: what a second core is worth.
//!
//! Plain children share the task of their scope, and so one core. On two cores the same work spread by `spawn_parallel`
//! should take half the time; 0.6 is the target. Where others use the machine too nobody gets a whole second core; so the
//! same is also measured by the time that the busiest thread was on a core, which is what it would take with a core for
//! each.
#![forbid(unsafe_code)]

mod threads;

use std::{env, future::poll_fn, hint::black_box, process::Command, sync::Arc, task::Poll, thread};

use purview::{Embedded, Runtime};
use purview_async_std::AsyncStd;
use purview_bench::{Table, turns};
use purview_smol::Smol;
use purview_tokio::Tokio;
use threads::OnCore;

const CHILDREN: u64 = 8;
const ROUNDS: usize = 15;
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
        let mut yielded = false;
        poll_fn(|cx| {
            if yielded {
                return Poll::Ready(());
            }
            yielded = true;
            cx.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
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

/// The same on as many threads, or on one: where others use the machine too, nobody gets a whole second core.
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
fn by_the_busiest_thread(run: &dyn Fn(bool) -> u64) -> String {
    let busiest = |parallel| {
        let before = OnCore::now();
        run(parallel);
        OnCore::now().busiest_since(&before).as_secs_f64()
    };
    let mut ratios: Vec<_> = (0..ROUNDS).map(|_| busiest(true) / busiest(false)).collect();
    ratios.sort_by(f64::total_cmp);
    let ratio = ratios[ROUNDS / 2];
    if ratio.is_finite() {
        format!("{ratio:.2}")
    } else {
        "not known".to_owned()
    }
}

fn main() {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    // smol's global executor has one thread unless its environment says otherwise.
    if env::var_os("SMOL_THREADS").is_none() {
        let me = env::current_exe().expect("the path of this program");
        let again = Command::new(me).env("SMOL_THREADS", cores.to_string()).status();
        assert!(again.expect("this program can be started").success());
        return;
    }
    let tokio = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(cores)
        .enable_time()
        .build()
        .expect("a tokio runtime");

    let mut table = Table::new(&[
        "runtime",
        "8 parallel children",
        "the same 8 as plain children",
        "ratio",
        "ratio, by the busiest thread",
    ]);
    let mut row = |name: &str, keeps_its_threads: bool, run: &dyn Fn(bool) -> u64| {
        let expected = run(false);
        let measured = turns(
            ROUNDS,
            || assert_eq!(run(true), expected),
            || assert_eq!(run(false), expected),
        );
        table.row(&[
            &name,
            &format!("{:.1?}", measured.ours),
            &format!("{:.1?}", measured.theirs),
            &format!("{:.2}", measured.ratio),
            &if keeps_its_threads {
                by_the_busiest_thread(run)
            } else {
                "-".to_owned()
            },
        ]);
    };
    row("none, but `std::thread`: what the machine gives", false, &threads);
    row("tokio, multi-thread", true, &|parallel| {
        tokio.block_on(work(Arc::new(Tokio::new(tokio.handle().clone())), parallel))
    });
    row("smol", true, &|parallel| smol::block_on(work(Arc::new(Smol), parallel)));
    row("async-std", true, &|parallel| {
        async_std::task::block_on(work(Arc::new(AsyncStd), parallel))
    });
    row("embedded (no executor: all in one task)", true, &|parallel| {
        purview::block_on(work(Arc::new(Embedded), parallel))
    });
    println!("\nParallel children on {cores} cores, medians of {ROUNDS} turns.\n\n{table}");
}
