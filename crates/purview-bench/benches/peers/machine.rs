//! Where and with what was measured.

use std::{fs, process::Command, thread};

fn first_line(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    Some(text.lines().next()?.to_owned())
}

/// The processor, its cores, the system, the compiler, the commit and the day.
pub(crate) fn description() -> String {
    let processor = fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| {
        let line = text.lines().find(|line| line.starts_with("model name"))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    });
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let unknown = || "unknown".to_owned();
    let dirty = first_line("git", &["status", "--porcelain", "--untracked-files=no", "crates"]).is_some();
    format!(
        "{}, {cores} cores; {}; {}; commit {}{}; {}",
        processor.unwrap_or_else(|| "an unknown processor".to_owned()),
        first_line("uname", &["-srm"]).unwrap_or_else(unknown),
        first_line("rustc", &["-V"]).unwrap_or_else(unknown),
        first_line("git", &["rev-parse", "--short", "HEAD"]).unwrap_or_else(unknown),
        if dirty { ", changed" } else { "" },
        first_line("date", &["-u", "+%Y-%m-%d"]).unwrap_or_else(unknown),
    )
}

/// How many programs wanted a core, on average over the last quarter of an hour.
pub(crate) fn load() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace().nth(2).unwrap_or("unknown").to_owned()
}

/// What is compared, with the versions that were built.
pub(crate) fn versions() -> String {
    let lock = include_str!("../../../../Cargo.lock");
    let version = |name: &str| {
        let (_, rest) = lock.split_once(&format!("name = \"{name}\"\nversion = \""))?;
        Some(format!("{name} {}", rest.split_once('"')?.0))
    };
    let names = [
        "futures-util",
        "futures-buffered",
        "unicycle",
        "futures-concurrency",
        "moro",
        "moro-local",
        "tokio",
        "async-executor",
        "async_nursery",
        "async-scoped",
        "smol",
        "async-std",
    ];
    names
        .iter()
        .filter_map(|name| version(name))
        .collect::<Vec<_>>()
        .join(", ")
}
