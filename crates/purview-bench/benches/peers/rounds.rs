use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use purview_bench::{Case, Group};

/// How long to measure.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    /// All rounds of one load at one number of children.
    pub(crate) budget: Duration,
    /// One run of one peer; a peer that is expected to take longer is left out.
    pub(crate) limit: Duration,
    /// However long they take.
    pub(crate) fewest_rounds: usize,
}

/// What one peer took for one unit of a load, in nanoseconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cost {
    pub(crate) median: f64,
    pub(crate) minimum: f64,
    /// The median of the ratios to the base, each of one round.
    pub(crate) ratio: Option<f64>,
}

/// One load on all its peers at every number of children; `None` where a peer would take too long.
#[derive(Debug)]
pub(crate) struct Measured {
    pub(crate) group: Group,
    pub(crate) sizes: Vec<usize>,
    pub(crate) costs: Vec<Vec<Option<Cost>>>,
}

/// A sample is at least this long, so that reading the clock does not count.
const SAMPLE: Duration = Duration::from_micros(50);
const MOST_ROUNDS: usize = 101;

pub(crate) fn measure(group: Group, sizes: &[usize], patience: Patience) -> Measured {
    let mut costs = vec![Vec::new(); group.cases.len()];
    let mut growth = Growth::default();
    for &n in sizes {
        eprintln!("{} n={n}", group.name);
        let at_n = round_robin(&group, n, patience, &mut growth);
        for (row, cost) in costs.iter_mut().zip(at_n) {
            row.push(cost);
        }
    }
    Measured {
        group,
        sizes: sizes.to_vec(),
        costs,
    }
}

/// Runs every peer in turn, so that what else the machine does hits all of them, and each of them first in some round.
fn round_robin(group: &Group, n: usize, patience: Patience, growth: &mut Growth) -> Vec<Option<Cost>> {
    // What a first run fills caches with, and starts threads for, is not counted.
    let repeats: Vec<Option<usize>> = group
        .cases
        .iter()
        .map(|case| {
            // Without the base there would be no ratios.
            if case.peer != group.base && growth.expected(case.peer, (group.units)(n)) > patience.limit {
                return None;
            }
            let took = time(case, n, 1).min(time(case, n, 1));
            growth.saw(case.peer, (group.units)(n), took);
            let repeats = SAMPLE.as_nanos() / took.as_nanos().max(1);
            Some(usize::try_from(repeats).unwrap_or(1).max(1))
        })
        .collect();

    let mut samples = vec![Vec::new(); group.cases.len()];
    let began = Instant::now();
    for round in 0..MOST_ROUNDS {
        if round >= patience.fewest_rounds && began.elapsed() > patience.budget {
            break;
        }
        for i in 0..group.cases.len() {
            let i = (i + round) % group.cases.len();
            if let Some(repeats) = repeats[i] {
                let took = time(&group.cases[i], n, repeats);
                samples[i].push(took.as_secs_f64() * 1e9 / count(repeats) / count((group.units)(n)));
            }
        }
    }
    let base = group.cases.iter().position(|case| case.peer == group.base);
    let base = samples[base.expect("the base is one of the peers")].clone();
    samples.into_iter().map(|all| cost(all, &base)).collect()
}

fn cost(mut samples: Vec<f64>, base: &[f64]) -> Option<Cost> {
    if samples.is_empty() {
        return None;
    }
    let ratios: Vec<f64> = samples.iter().zip(base).map(|(took, base)| took / base).collect();
    samples.sort_by(f64::total_cmp);
    Some(Cost {
        median: samples[samples.len() / 2],
        minimum: samples[0],
        ratio: median(ratios),
    })
}

pub(crate) fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

fn time(case: &Case, n: usize, repeats: usize) -> Duration {
    let began = Instant::now();
    for _ in 0..repeats {
        (case.run)(n);
    }
    began.elapsed()
}

#[allow(clippy::cast_precision_loss, reason = "a million at most")]
fn count(n: usize) -> f64 {
    n as f64
}

/// How the time of each peer grows with the number of units; that of some grows with its square.
#[derive(Default)]
struct Growth(HashMap<&'static str, Vec<(usize, f64)>>);

impl Growth {
    fn saw(&mut self, peer: &'static str, units: usize, took: Duration) {
        self.0.entry(peer).or_default().push((units, took.as_secs_f64()));
    }

    /// As it grew last, and at least as their number.
    fn expected(&self, peer: &'static str, units: usize) -> Duration {
        let Some(seen) = self.0.get(peer) else {
            return Duration::ZERO;
        };
        let &[.., (last_units, last)] = seen.as_slice() else {
            return Duration::ZERO;
        };
        let by_number = count(units) / count(last_units);
        let by_time = match seen.as_slice() {
            [.., (_, before), _] => last / before,
            _ => by_number,
        };
        Duration::try_from_secs_f64(last * by_number.max(by_time)).unwrap_or(Duration::MAX)
    }
}
