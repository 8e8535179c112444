use std::{
    io::{self, Write},
    time::Duration,
};

use purview::inspect::Timeline;

use crate::{
    args::Args,
    json,
    latency::latency,
    policy::Policy,
    record::{Outcome, Run},
    table,
    targets::{BadLine, Target},
    timeline,
};

/// Everything that is known when the last probe has ended.
#[derive(Debug)]
pub(crate) struct Report<'a> {
    pub(crate) args: &'a Args,
    pub(crate) targets: &'a [Target],
    pub(crate) bad_lines: &'a [BadLine],
    pub(crate) elapsed: Duration,
    pub(crate) runs: Vec<Run>,
    pub(crate) timeline: Timeline,
}

impl Report<'_> {
    /// Whether the program's exit code is 0.
    pub(crate) fn is_good(&self) -> bool {
        let mut runs = self.runs.iter();
        if self.args.targets.is_none() {
            return self
                .targets
                .iter()
                .zip(runs)
                .all(|(target, run)| target.role.is_some_and(|role| role.shows(&run.outcome)));
        }
        let answered = |run: &Run| matches!(run.outcome, Outcome::Answered(_));
        match self.args.policy {
            Policy::FirstSuccess => runs.any(answered),
            Policy::FailFast | Policy::Settled => self.bad_lines.is_empty() && runs.all(answered),
        }
    }

    pub(crate) fn write(&self, out: &mut impl Write) -> io::Result<()> {
        if self.args.json {
            serde_json::to_writer_pretty(&mut *out, &json::value(self))?;
            writeln!(out)?;
        } else {
            table::write(out, self.targets, &self.runs)?;
            timeline::write(out, &self.timeline)?;
            writeln!(out, "\n{}", self.summary())?;
            if self.args.targets.is_none() {
                writeln!(
                    out,
                    "These listeners are our own; --targets FILE probes yours, --help tells the rest."
                )?;
            }
        }
        Ok(())
    }

    fn summary(&self) -> String {
        let counts = ["answered", "refused", "timed out", "failed", "cancelled"].map(|name| {
            let count = self.runs.iter().filter(|run| run.outcome.name() == name).count();
            (count > 0).then(|| format!("{count} {name}"))
        });
        format!(
            "{} targets in {} ({}, {}): {}",
            self.targets.len(),
            latency(self.elapsed),
            self.args.policy,
            self.args.runtime,
            counts.into_iter().flatten().collect::<Vec<_>>().join(", "),
        )
    }
}
