use std::io::{self, Write};

use crate::{
    latency::latency,
    record::{Outcome, Run},
    targets::Target,
};

/// One row a target, in the order they were given.
pub(crate) fn write(out: &mut impl Write, targets: &[Target], runs: &[Run]) -> io::Result<()> {
    let names: Vec<String> = targets.iter().map(name).collect();
    let width = names
        .iter()
        .map(|name| name.chars().count())
        .max()
        .unwrap_or(0)
        .max("TARGET".len());
    writeln!(out, "{:width$}  {:<9}  {:>8}  DETAIL", "TARGET", "OUTCOME", "LATENCY")?;
    for (name, run) in names.iter().zip(runs) {
        let latency = run.latency().map_or_else(|| "-".into(), latency);
        let row = format!(
            "{name:width$}  {:<9}  {latency:>8}  {}",
            run.outcome.name(),
            detail(run)
        );
        writeln!(out, "{}", row.trim_end())?;
    }
    Ok(())
}

pub(crate) fn name(target: &Target) -> String {
    target
        .role
        .map_or_else(|| target.to_string(), |role| format!("{target} ({})", role.name()))
}

fn detail(run: &Run) -> &str {
    match (&run.outcome, run.span) {
        (Outcome::Cancelled, None) => "before its turn came",
        (Outcome::Cancelled, Some(_)) => "while it waited for an answer",
        (outcome, _) => outcome.detail(),
    }
}
