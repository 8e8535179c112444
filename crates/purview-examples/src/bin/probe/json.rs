use std::time::Duration;

use serde_json::{Value, json};

use crate::{loopback::Role, report::Report};

/// The report for machines: the same outcomes, times in milliseconds.
pub(crate) fn value(report: &Report<'_>) -> Value {
    let targets: Vec<Value> = report
        .targets
        .iter()
        .zip(&report.runs)
        .map(|(target, run)| {
            json!({
                "target": target.to_string(),
                "role": target.role.map(Role::name),
                "outcome": run.outcome.name(),
                "detail": run.outcome.detail(),
                "started_ms": run.span.map(|(started, _)| millis(started)),
                "ended_ms": run.span.map(|(_, ended)| millis(ended)),
                "latency_ms": run.latency().map(millis),
            })
        })
        .collect();
    let bad_lines: Vec<Value> = report
        .bad_lines
        .iter()
        .map(|bad| json!({ "line": bad.number, "text": bad.text, "reason": bad.reason }))
        .collect();
    json!({
        "runtime": report.args.runtime.to_string(),
        "policy": report.args.policy.to_string(),
        "limit": report.args.limit,
        "timeout_ms": millis(report.args.timeout),
        "elapsed_ms": millis(report.elapsed),
        "targets": targets,
        "bad_lines": bad_lines,
    })
}

/// Milliseconds to three decimals.
fn millis(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}
