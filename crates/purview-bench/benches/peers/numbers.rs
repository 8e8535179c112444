//! How figures are written.

use crate::rounds::Cost;

/// With a comma between thousands.
pub(crate) fn thousands(n: usize) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Three digits that mean something.
pub(crate) fn nanoseconds(ns: f64) -> String {
    match ns {
        ns if ns >= 1e6 => format!("{:.1} ms", ns / 1e6),
        ns if ns >= 1e4 => format!("{:.1} µs", ns / 1e3),
        ns if ns >= 100.0 => format!("{ns:.0} ns"),
        ns => format!("{ns:.1} ns"),
    }
}

/// Median, minimum and ratio.
pub(crate) fn cell(cost: Option<&Cost>) -> String {
    let Some(cost) = cost else {
        return "too long".to_owned();
    };
    let ratio = cost.ratio.map_or(String::new(), |ratio| format!(", {ratio:.2}"));
    format!("{} ({}){ratio}", nanoseconds(cost.median), nanoseconds(cost.minimum))
}
