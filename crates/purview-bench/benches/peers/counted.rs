//! What the key loads need, counted by the programs `run` and `count`.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::Mutex,
    thread,
};

use crate::{numbers::thousands, table::Table};

const RUN: &str = env!("CARGO_BIN_EXE_run");
const COUNT: &str = env!("CARGO_BIN_EXE_count");
const CHILDREN: usize = 1_000;

/// A line of `count`: what was counted, of what, and the figures.
struct Line {
    load: String,
    per: String,
    figures: Vec<String>,
}

/// What one of a load takes, by callgrind.
#[derive(Clone, Copy)]
struct Instructions {
    instructions: f64,
    /// Reads, modifications and writes that other threads see as one.
    atomics: f64,
}

fn output(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program)
        .args(arguments)
        .output()
        .expect("it can be started");
    assert!(
        output.status.success(),
        "{program}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn lines() -> Vec<Line> {
    let text = output(COUNT, &[&CHILDREN.to_string()]);
    let line = |line: &str| {
        let mut words = line.split_whitespace().map(str::to_owned);
        Some(Line {
            load: words.next()?,
            per: words.next()?,
            figures: words.collect(),
        })
    };
    text.lines().filter_map(line).collect()
}

/// Both tables: what loads need, and what a child holds that waits.
pub(crate) fn tables() -> (Table, Table) {
    let (held, counted): (Vec<Line>, Vec<Line>) = lines().into_iter().partition(|line| line.load.starts_with("held/"));
    let instructions = instructions(&counted);

    let mut needs = Table::new([
        "load",
        "per",
        "instructions",
        "atomics",
        "allocations",
        "bytes",
        "polls",
    ]);
    let mut order: Vec<usize> = (0..counted.len()).collect();
    // Peers beside each other; within a load the order stays.
    let load = |i: usize| counted[i].load.split('/').next().map(str::to_owned);
    order.sort_by_key(|i| (0..counted.len()).find(|first| load(*first) == load(*i)));
    for i in order {
        let Line { load, per, figures } = &counted[i];
        let [ir, ge] = match instructions[i] {
            Some(found) => [whole(found.instructions), format!("{:.1}", found.atomics)],
            None => ["-", "-"].map(str::to_owned),
        };
        let figure = |i: usize| figures[i].parse::<f64>().expect("a figure");
        let [allocations, bytes, polls] = [
            format!("{:.2}", figure(0)),
            whole(figure(1)),
            format!("{:.2}", figure(2)),
        ];
        needs.row([load, per, &ir, &ge, &allocations, &bytes, &polls]);
    }

    let mut holds = Table::new(["peer", "bytes for each waiting child"]);
    for line in held {
        let bytes = whole(line.figures[0].parse().expect("a figure"));
        holds.row([line.load.trim_start_matches("held/"), &bytes]);
    }
    (needs, holds)
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
fn whole(figure: f64) -> String {
    thousands(figure.round().max(0.0) as usize)
}

/// As many at a time as there are cores: callgrind's counts do not depend on what else runs.
fn instructions(counted: &[Line]) -> Vec<Option<Instructions>> {
    let found = Mutex::new(vec![None; counted.len()]);
    let next = Mutex::new(0..counted.len());
    if Command::new("valgrind").arg("--version").output().is_err() {
        eprintln!("no valgrind here, so instructions are not counted");
        return found.into_inner().expect("none panicked");
    }
    let here = std::env::temp_dir().join(format!("purview-bench-{}", std::process::id()));
    fs::create_dir_all(&here).expect("a directory for callgrind's files");
    let cores = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|s| {
        for _ in 0..cores {
            s.spawn(|| {
                loop {
                    let Some(i) = next.lock().expect("none panicked").next() else {
                        return;
                    };
                    eprintln!("{} by callgrind", counted[i].load);
                    let cost = one(&counted[i].load, &here.join(i.to_string()));
                    found.lock().expect("none panicked")[i] = Some(cost);
                }
            });
        }
    });
    fs::remove_dir_all(&here).expect("the directory made above");
    found.into_inner().expect("none panicked")
}

/// Three times the load less once.
fn one(load: &str, file: &Path) -> Instructions {
    let n = CHILDREN.to_string();
    let units: f64 = output(RUN, &["--units", load, &n]).trim().parse().expect("a number");
    let [once, thrice] = ["1", "3"].map(|times| totals(load, times, &file.with_extension(times)));
    Instructions {
        instructions: (thrice[0] - once[0]) / 2.0 / units,
        atomics: (thrice[1] - once[1]) / 2.0 / units,
    }
}

/// Instructions and bus events, which are what carries the prefix `lock`.
fn totals(load: &str, times: &str, file: &PathBuf) -> [f64; 2] {
    let out = format!("--callgrind-out-file={}", file.display());
    let n = CHILDREN.to_string();
    output(
        "valgrind",
        &["--tool=callgrind", "--collect-bus=yes", &out, RUN, load, &n, times],
    );
    let text = fs::read_to_string(file).expect("callgrind wrote it");
    let of = |what: &str| {
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix(what))
            .expect("callgrind's format");
        line.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    };
    let (events, totals) = (of("events:"), of("totals:"));
    ["Ir", "Ge"].map(|event| {
        let column = events.iter().position(|name| name == event).expect("it was asked for");
        totals[column].parse().expect("a count")
    })
}
