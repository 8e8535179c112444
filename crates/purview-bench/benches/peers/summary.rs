//! Wins and losses in one table.

use crate::{
    numbers::thousands,
    rounds::{Cost, Measured},
    table::Table,
};

/// The number of children at which loads are summed up, or the largest below it.
const AT: usize = 1_000;

fn column(measured: &Measured) -> Option<usize> {
    (0..measured.sizes.len()).rfind(|i| measured.sizes[*i] <= AT)
}

/// Every peer of a load with its ratio, in the order in which they were listed.
fn ratios(measured: &Measured) -> Vec<(&'static str, f64)> {
    let Some(column) = column(measured) else {
        return Vec::new();
    };
    let ratio = |cost: &Option<Cost>| cost.as_ref()?.ratio;
    let cases = measured.group.cases.iter().zip(&measured.costs);
    cases
        .filter_map(|(case, costs)| Some((case.peer, ratio(&costs[column])?)))
        .collect()
}

fn is_ours(peer: &str) -> bool {
    peer.starts_with("Purview")
}

/// The ratios of Purview to the base of each load, beside the fastest of the others.
pub(crate) fn table(all: &[Measured]) -> Table {
    let mut table = Table::new([
        "load",
        "n",
        "base",
        "Purview",
        "fastest peer",
        "Purview over the fastest",
    ]);
    for measured in all {
        let ratios = ratios(measured);
        let ours: Vec<_> = ratios.iter().filter(|(peer, _)| is_ours(peer)).collect();
        // A load may name what it would be without anything; that is no peer.
        let fastest = ratios
            .iter()
            .filter(|(peer, _)| !is_ours(peer) && !peer.contains("no timeout") && !peer.contains("alone"))
            .min_by(|(_, a), (_, b)| a.total_cmp(b));
        let (Some(fastest), Some(best)) = (fastest, ours.iter().map(|(_, ratio)| *ratio).min_by(f64::total_cmp)) else {
            continue;
        };
        let named = |(peer, ratio): &(&str, f64)| format!("{} {ratio:.2}", peer.trim_start_matches("Purview, "));
        table.row([
            measured.group.name.to_owned(),
            column(measured).map_or(String::new(), |i| thousands(measured.sizes[i])),
            measured.group.base.to_owned(),
            ours.iter().map(|each| named(each)).collect::<Vec<_>>().join("; "),
            named(fastest),
            format!("{:.2}", best / fastest.1),
        ]);
    }
    table
}

/// In how many loads the best of Purview is faster than the base, and in which it is slower.
pub(crate) fn sentence(all: &[Measured]) -> String {
    let mut faster = Vec::new();
    let mut slower = Vec::new();
    for measured in all {
        let best = ratios(measured).into_iter().filter(|(peer, _)| is_ours(peer));
        match best.map(|(_, ratio)| ratio).min_by(f64::total_cmp) {
            Some(ratio) if ratio <= 1.0 => faster.push(measured.group.name),
            Some(_) => slower.push(measured.group.name),
            None => (),
        }
    }
    let list = |names: &[&str]| {
        if names.is_empty() {
            "none".to_owned()
        } else {
            names.join(", ")
        }
    };
    format!(
        "The best of Purview is slower than the base in {} of {} loads: {}. It is as fast or faster in: {}.",
        slower.len(),
        slower.len() + faster.len(),
        list(&slower),
        list(&faster),
    )
}
