use std::process::Output;

use serde_json::Value;

use crate::program::stderr;

/// What `--json` printed.
pub(crate) fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", stderr(output)))
}

/// Target and outcome, in the order of the report.
pub(crate) fn outcomes(report: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let targets = report["targets"].as_array().unwrap().iter();
    targets
        .map(|target| (text(&target["target"]), text(&target["outcome"])))
        .collect()
}

pub(crate) fn names(report: &Value) -> Vec<String> {
    outcomes(report).into_iter().map(|(_, outcome)| outcome).collect()
}
