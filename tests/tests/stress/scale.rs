/// How many races each executor runs: a few seconds' worth in a debug build.
pub(crate) fn races() -> usize {
    from_environment("PURVIEW_RACES", 50_000)
}

/// How many children an open scope lives through on each runtime: by default a million on the five together.
pub(crate) fn children() -> usize {
    from_environment("PURVIEW_CHILDREN", 200_000)
}

fn from_environment(variable: &str, default: usize) -> usize {
    match std::env::var(variable) {
        Ok(number) => number
            .parse()
            .unwrap_or_else(|_| panic!("{variable} is not a number: {number}")),
        Err(_) => default,
    }
}
