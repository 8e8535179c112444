use std::time::Duration;

/// How often an open scope under load is given something to do.
pub(crate) const TICK: Duration = Duration::from_millis(10);

pub(crate) fn spawns() -> usize {
    from_environment("PURVIEW_SOAK_SPAWNS").unwrap_or(10_000)
}

pub(crate) fn scopes() -> usize {
    from_environment("PURVIEW_SOAK_SCOPES").unwrap_or(2_000)
}

/// How many ticks an open scope is under load.
pub(crate) fn ticks() -> usize {
    let per_minute = 60_000 / usize::try_from(TICK.as_millis()).expect("milliseconds");
    from_environment("PURVIEW_SOAK_MINUTES").map_or(10, |minutes| minutes * per_minute)
}

fn from_environment(variable: &str) -> Option<usize> {
    let number = std::env::var(variable).ok()?;
    let number = number
        .parse()
        .unwrap_or_else(|_| panic!("{variable} is not a number: {number}"));
    Some(number)
}
