use std::{
    fmt::Write,
    time::{Duration, Instant},
};

use crate::{
    clients,
    pages::{Service, Way},
};

/// What one way of writing the page cost in one turn.
#[derive(Clone, Copy, Debug)]
struct Cost {
    /// Requests a second.
    rate: f64,
    p99: f64,
    /// Processor time for each request.
    cpu: f64,
}

#[derive(Debug)]
pub(crate) struct Measured {
    name: &'static str,
    costs: Vec<Cost>,
}

/// All ways in turns, each of them first in some round.
pub(crate) async fn take(service: &Service, rounds: usize, turn: Duration) -> Vec<Measured> {
    let mut measured: Vec<_> = service
        .ways
        .iter()
        .map(|way| Measured {
            name: way.name,
            costs: Vec::new(),
        })
        .collect();
    for round in 0..=rounds {
        for i in 0..service.ways.len() {
            let i = (i + round) % service.ways.len();
            let cost = one(service, service.ways[i], turn).await;
            // The first round opens the connections.
            if round > 0 {
                measured[i].costs.push(cost);
            }
        }
    }
    measured
}

async fn one(service: &Service, way: Way, turn: Duration) -> Cost {
    let (cpu, begun) = (service.clock.read(), Instant::now());
    let mut took = clients::ask(way.address, turn).await;
    let (cpu, long) = (service.clock.read().saturating_sub(cpu), begun.elapsed());
    took.sort();
    let many = count(took.len());
    Cost {
        rate: many / long.as_secs_f64(),
        p99: took[took.len() * 99 / 100].as_secs_f64(),
        cpu: cpu.as_secs_f64() / many,
    }
}

/// A line for each way, and how Purview's relates to the others.
pub(crate) fn report(measured: &[Measured]) -> String {
    let mut text = String::from("median of all turns:\n");
    for Measured { name, costs } in measured {
        let of = |part: fn(&Cost) -> f64| median(costs.iter().map(part).collect());
        let (rate, p99, cpu) = (
            of(|cost| cost.rate),
            of(|cost| cost.p99) * 1e6,
            of(|cost| cost.cpu) * 1e6,
        );
        writeln!(
            text,
            "{name:20} {rate:8.0} requests/s   p99 {p99:6.0} µs   {cpu:6.1} µs of CPU each"
        )
        .unwrap();
    }
    let (ours, others) = measured.split_last().expect("there are several");
    text.push_str("ratios, the median of those of each round:\n");
    for other in others {
        let of = |part: fn(&Cost) -> f64| {
            let pairs = ours.costs.iter().zip(&other.costs);
            median(pairs.map(|(ours, other)| part(ours) / part(other)).collect())
        };
        let (rate, p99, cpu) = (of(|cost| cost.rate), of(|cost| cost.p99), of(|cost| cost.cpu));
        let versus = format!("{} / {}", ours.name, other.name);
        writeln!(
            text,
            "{versus:28} requests/s {rate:.3} ({})   p99 {p99:.3}   CPU {cpu:.3} ({})",
            judged(rate >= 0.97, "at least 0.97"),
            judged(cpu <= 1.05, "at most 1.05"),
        )
        .unwrap();
    }
    text
}

fn judged(holds: bool, aim: &str) -> String {
    format!("{}: {aim}", if holds { "as wanted" } else { "NOT as wanted" })
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

#[allow(clippy::cast_precision_loss, reason = "a million at most")]
fn count(n: usize) -> f64 {
    n as f64
}
