use std::time::Duration;

/// Three digits and a unit: `412 µs`, `1.53 ms`, `2.00 s`.
pub(crate) fn latency(duration: Duration) -> String {
    let micros = duration.as_micros();
    let (value, unit) = match micros {
        0..1_000 => return format!("{micros} µs"),
        1_000..1_000_000 => (duration.as_secs_f64() * 1e3, "ms"),
        _ => (duration.as_secs_f64(), "s"),
    };
    let decimals = if value < 10.0 { 2 } else { usize::from(value < 100.0) };
    format!("{value:.decimals$} {unit}")
}
